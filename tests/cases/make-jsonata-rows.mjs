// Writes the tables tests/cases/jsonata-*.jsonl, asking jsonata-js 2.2.2:
//   node tests/cases/make-jsonata-rows.mjs FOLDER     FOLDER/node_modules has jsonata
import { writeFileSync } from "node:fs";
import { reference } from "./jsonata-reference.mjs";

const ask = reference(process.argv[2]);

async function write(name, calls) {
  const rows = [];
  for (const call of calls) {
    const row = await ask(...call);
    if (row) rows.push(JSON.stringify(row));
  }
  writeFileSync(`tests/cases/jsonata-${name}.jsonl`, [...new Set(rows)].join("\n") + "\n");
  console.log(name, rows.length, "of", calls.length);
}

// Every choice of one from each list.
const each = (...lists) => lists.reduce(
  (rows, list) => rows.flatMap((row) => list.map((item) => [...row, item])), [[]]);
const words = (text) => text.trim().split(/\s+/);

await write("format-number", [
  ...each(["formatNumber"], [0, 1, -1, 0.5, -0.001, 2.5, 3.5, 1.005, 0.1234, 12345.678,
    -1234567.891, 999.995, 1e-10, 123456789012345680000, 5e-324],
    words(`0 # 0.00 #.## .0 .# #. 0. #,##0.00 000,000 0000 #,##,##0 0,0 #.00 ##0.0## 0%
      0.0% %0.0 0.00‰ #0.0e0 00.000e00 0e0 #.#e0 .00e0 0.#e0 ##.##e0 PRE#0.0SUF
      #,##0.00;(#,##0.00) 0;-0 0.000,000 9,999.999,999 #,##0.0e0 0.0#########
      0.0################### 💩0.0💩 x0y;z0w`)),
  ...each(["formatNumber"], [20, -20], [...words(`0.0.0 0%0% 0‰‰ #0%‰ .e0 0+.e0 0,.e0 0, 0,,0
      0#.e0 #0.#0e0 #0.0e0% #0.0e0,0 %% ‰‰ %‰ --- 0;0;0 0;0.0.0 0.0.0;0 ; 0; 0e 0ee0 0e0e0
      abc e ee x xe 0a0 #0# 0.#0 0.,0 0.0,,0 ,0 ,000 0ex x0.0ey 0,0#0 %,, 0.0.0e0,0`), ""]),
]);

const numbers = [0, 1, 2, 3, 5, 10, 11, 12, 13, 19, 20, 21, 34, 99, 100, 101, 111, 112, 555,
  919, 1000, 1001, 1984, 3999, 12345, 327730, 1000000, 1001001, 12345678, 1e12, 1e12 + 1,
  1234567890123, 1e15, 1.5e15, 123456789012345680000, 1e21, 1e46, -1, -21, -1234, -0.5, 12.6];
await write("integer", [
  ...each(["formatInteger"], numbers, words("0 000 #0 #,##0 ##,##,##0 0,000 1 9 ٠ ０ #,##９ a A w W Ww w;o W;o Ww;o 0;o #,##0;o 0;c 0; a;o")),
  ...each(["formatInteger"], numbers.filter((n) => n < 1e7), words("i I i;o")),
  ...each(["formatInteger"], [5, 1234567], [...words("# ## α αβ x #x x0 0x 0# 0#0 00#0 0x00 0,,00 ,00 00, 0,0 0,00,0 0,00.0 #💩##0 #-##0 #a##0 𝟎 ##0０ 0٠ wW WW ww Aa aa Ii ;o ; 0;co 0;oo 0;o(x) 0;o;o #;##0;o 123 000#"), "", "# ##0"]),
  ...each(["parseInteger"], ["", "0", "12", "0123", "1,234", "1,234,567", "12th", "1st", "12abc", "abc", " 12", "-12", "+12", "-1,234", "1.5", "1e5", "99999999999999999999999"], words("0 000 #,##0 0;o #,##0;o")),
  ...each(["parseInteger"], ["", "I", "IV", "IIII", "IVX", "VX", "MIM", "MCMLXXXIV", "mcmlxxxiv", "X1", "ABC", "-v"], ["i", "I"]),
  ...each(["parseInteger"], ["", "a", "A", "z", "aa", "KN", "zzz", "1", "-a", "ª", "💩"], ["a", "A"]),
  ...each(["parseInteger"], [...numbers.filter((n) => n >= 0 && n % 1 === 0)
    .map((n) => `${n}`), "zero", "five", "FIVE", "fIvE", "fifth", "xyz", "five xyz", "", "twenty one",
    "twenty-one", "twenty,one", "twenty and one", "twenty  one", "hundred", "thousand thousand",
    "two thousand three hundred", "two hundred million thousand", "one million two thousand",
    "one hundred hundred", "nineteen eighty-four", "nineteen hundred and eighty-four", "one-five",
    "-five", "five-", "millionth", "ten billion trillion trillion trillion", "one two three",
    "twenty twenty", "one thousand, one million", "one trillion, one", "five, ", "five\n", " five",
    "and", "five and", "twelve hundred", "constructor", "twenty\\one", "one\ttwo", "one,\ntwo",
    "one\tand\ttwo", "one and and two", "twelveth", "one zero",
    "one trillion, two hundred and thirty-four billion, five hundred and sixty-seven million and first"],
  ["w", "W", "Ww;o"]),
  ...each(["parseInteger"], ["1", "five"], ["", "x", "Aa", "#", ";o", "0０"]),
]);

const times = [0, 1, -1, 999, 1521801216617, 1509380732935, 1204405500000, 1230757500000,
  -62167219200001, -99999999999999, 253402300800000, 8.64e15, -8.64e15, 43200000, 46800000, 1.7, -1.7];
const weekTimes = [];
for (let year = 1996; year < 2032; year++)
  for (const [month, day] of [[0, 1], [0, 3], [1, 1], [3, 30], [6, 31], [11, 27], [11, 29], [11, 31]])
    weekTimes.push(Date.UTC(year, month, day));
await write("from-millis", [
  ...times.map((t) => ["fromMillis", t]),
  ...each(["fromMillis"], times, words(`[Y]|[Y1]|[Y01]|[Y001]|[Y0001]|[Y,2]|[Y,2-2]|[Y9,999,*]
    [YI]|[Yi]|[YA]|[Ya]|[Yw]|[YW]|[YWw]|[Ywo]|[Y1o] [M]|[MN]|[Mn]|[MNn]|[MNn,3-3]|[MI]|[Mw]|[MWwo]
    [D]|[D01]|[D#1,2]|[D1o]|[Dwo]|[d]|[d001]|[dwo] [F]|[F1]|[F0]|[FN]|[FNn]|[FNn,3-3]|[Fwo]
    [H]|[H01]|[h]|[h01]|[m]|[m1]|[s]|[s1]|[P]|[PN]|[Pn]|[PNn,1-1] [f]|[f01]|[f001]|[f0001]|[f1,3-3]
    [W]|[W01]|[w]|[x]|[xNn]|[X]|[X0001] [C]|[E]|[CN]|[E1]`)),
  ...weekTimes.map((t) => ["fromMillis", t, "[X0001]-W[W01]-[F1] [w] [xNn] [d]"]),
  ...each(["fromMillis"], [1521801216617], words(`[Z] [Z0] [Z1] [Z01] [Z001] [Z0001] [Z00001] [Z01:01]
    [Z1:01] [Z01:01t] [Z0101] [Z0101t] [Z0t] [Zt] [z] [z0] [z01] [z01:01] [z01t] [z0101] [Z,6]
    [Z0,3] [Z#0:00] [Z00.00] [Z0:0] [Z00:00:00] [Z0:00:0] [Z0:00:000] [Z00:0] [Z##] [ZN] [ZI] [Zw]
    [Z٠٠:٠٠] [Z1o] [Z01:01o] [Zo] [ZZ] [zN]`), ["+0000", "+0100", "-0500", "+0530", "+1000", "-1200", "0100"]),
  ...each(["fromMillis"], [1521801216617], [...words(`Hello [[ [[[ a]b a]]b a]]]b [[Y]] [[[Y]]] [] [q] [y] [Y
    Y] [Y[M]] [Yx] [Yα] [Yo] [Yc] [Yco] [Y0٠] [Y٠] [Y0,a] [Y,] [Y,,] [Y,-2] [Y,4-2] [D,4-2] [D,2-2-2]
    [D,2x] [D01,1-1] [HN] [YN] [WN] [XN] [dN] [mN] [PI] [Pw] [MnN] [MNnn] [MNN] [MN1] [M1N] [M#] [YN]-[M
    [YN][q] [Yx][q] [q][M [Yx][Y0٠] [Yx][YN] [YN][Yx] [Yx][Z00000] [Z00000][Yx] [Y##01] [Y9,9] [YI,2-2]
    [Yi,*-1] [Y00] [YI,5] [Y1oo] [Y1co] [Y1a] [MNa] [Y,1-1] [Y,0] [Y,0-0] [Y0001,2] [Y,5-3] [MNn,0-0]`),
  "", "[ ]", "[ Y ]", "[Y 0 0 0 1]", "[Y\u00a0001]", "[D, 2 ]",
  "[FNn], [D1o] [MNn] [Y] at [h]:[m01] [P]", "[M01]/[D01]/[Y0001] at [H01]:[m01]:[s01]"]),
]);

const dates = ["2018", "18", "99", "2018-05-06", "2018-5-6", "2018-13-01", "2018-12-32", "2018-0-0",
  "2018-2-30", "0-2-3", "99-2-3", "100-2-3", "999999-2-3", "-5-2-3", "2018x", "", "201802", "20180205",
  "2018126", "2018-126", "2018-366", "2018-1000", "13:45", "12:06 am", "12:06 pm", "11:30 pm", "1:2:3.5",
  "27th 3 1976", "21st 12 1881", "MCMLXXXIV", "27 iii MMXVIII", "w C mmxviii", "27th April 2008",
  "21 August 2017", "one thousand, nine hundred and eighty-four", "twenty-first August two thousand",
  "2018-5-6 7:8:9.0059", "2018-5-6 7:8:9.12345+01:00", "2018-5-6 7:8 -0530", "2018-5-6 7:8 GMT+5"];
const isos = words(`2018 2018-05 2018-05-06 2018Z 2018-05Z 2018-05-06Z 2018-02-30Z 2018-13Z
  2018T10:00:00 2018-05T10:00:00 2018-05-06T10:00:00 2018-05-06T10:00:00.1 2018-05-06T10:00:00.1239999
  2018-05-06T10:00:00.Z 2018-05-06T10:00:00Z 2018-05-06T10:00:00z 2018-05-06T10:00:00+01:00
  2018-05-06T10:00:00.123+0100 2018-05-06T10:00:00-0100 2018-05-06T10:00:00+01
  2018-05-06T10:00:00+1:00 2018-05-06T10:00:00+25:00 2018-05-06T10:00:00+2359 2018-05-06T10:00:00+24:00
  2018-05-06T10:00:00+01:60 2018-05-06T10:00:00+99:00 2018-05-06T10:00 2018-05-06T24:00:00
  2018-05-06T24:00:01 2018-05-06T24:00:00.000Z 2018-05-06T24:00:00.001Z 2018-05-06T24:00:00.0001Z
  2018-05-06T24:00:00+0100 2018-05-06T25:00:00 2018-05-06T30:00:00 2018-05-06T23:60:00 2018-05-06T23:59:60
  2018-13-06T23:59:00+0100 2018-02-30T23:59:00+0100 2018-00-06 2018-01-00 2018-13-01 2018-12-32 2018-02-31
  2018-04-31 2018-19 2018-20 2018-35 2018-40 2018-01-40 0000-01-01 0050-01-01T00:00:00+0000 9999-12-31
  +002018-01-01 -2018 20180101 2018-1-1 2018-05-06Tx 2018-20T10:00:00 01-02-2018 foo 1970-01-01T00:00:00Z`);
await write("to-millis", [
  ...isos.map((t) => ["toMillis", t]), ...["", " 2018", "2018 ", "2018\n"].map((t) => ["toMillis", t]),
  ...each(["toMillis"], dates, words(`[Y] [Y01] [Y]-[M]-[D] [Y]-[d] [Y0001][M01] [Y0001][M01][D01]
    [Y0001][d] [H]:[m] [YI] [Yw] [Y]-[W] [X]-[W]-[F1] [x] [f]`)),
  ...each(["toMillis"], dates, ["[D1o] [M] [Y]", "[D] [Mi] [YI]", "[Da] [MA] [Yi]", "[D1o] [MNn] [Y]", "[D] [MNn] [Y]",
    "[Dw] [MNn] [Yw]", "[h]:[m] [P]", "[Y]-[M]-[D] [H]:[m]:[s].[f001]", "[Y]-[M]-[D] [H]:[m]:[s].[f1][Z]",
    "[Y]-[M]-[D] [H]:[m] [Z0101]", "[Y]-[M]-[D] [H]:[m] [z0]"]),
  ...each(["toMillis"], ["2018-05-06 1", "2018 12", "5 pm", "13", "2018-5-6 11 14 pm", "2018-5-6 14 pm", "12 13"],
    [...words("[Y] [D] [M] [H] [h] [m] [s] [f] [d] [F1] [W] [w] [X] [x] [C] [E] [q] [YN] [Yx] [HN] [PI] [Y0٠] [YN][M [Yx][C] [C][Yx] [q][YN]"),
      "[Y]-[M]-[D] [H]", "[Y]-[M]-[D] [h]", "[Y]-[M]-[D] [m]", "[Y]-[M]-[D] [P]", "[Y] [H]", "[Y]-[M] [H]", "[h] [P]", "[Y] [M]",
      "[Y]-[M]-[D] [h] [H] [P]", "[Y]-[M]-[D] [H] [P]", "[W] [w]", "[x] [W]", "[Y] [X]", "[H] [m]"]),
  ...each(["toMillis"], ["+1", "+12", "+123", "+0530", "-05:30", "+5:30", "+15:3", "+15:300", "+1:1", "GMT+1", "gmt-0130", "Z", "z", "01:00", "+01:00:00", "+99:99"]
    .map((z) => `2018-05-06 ${z}`), words("[Z] [Z0] [Z1] [Z01] [Z001] [Z0101] [Z1:01] [Z01:01t] [Z01:01:01] [Zw] [ZN] [Z00000] [z] [z0] [z0101]")
    .map((z) => `[Y]-[M]-[D] ${z}`)),
  ["toMillis", "20185", "[Y][M]"], ["toMillis", "20185", "[Y##01][M]"], ["toMillis", "20185", "[Y#001][M]"],
  ["toMillis", "2018V", "[Y][YI]"], ["toMillis", "MMXVIII5", "[YI][M]"], ["toMillis", "16am", "[h][P]"],
  ["toMillis", "2018-1-1T01:02:03.512", "[Y]-[M]-[D]T[H]:[m]:[s].[f1][Y]"], ["toMillis", "2018 2019", "[Y] [Y]"],
  ["toMillis", "year 2018", "YEAR [Y]"], ["toMillis", "[2018]", "[[[Y]]]"], ["toMillis", "Hello", "Hello"],
]);

const doubles = [0, -0, 1, 0.1, 0.1 + 0.2, 1 / 3, 2 / 3, 22 / 7, 1e20, 1e21, 1e22 / 3, 1e-7, 1e-7 / 3,
  100000000000000.5, 10000000000000.25, 10000000000000.75, 2.384185791015625e-7, 123456789012345.67,
  12345678901234567, 999999999999999.9, 0.9999999999999999, 99999.99999999999, 5e-324,
  1.7976931348623157e308, 4500000000000000.5, 1.005, 1.015, 1.025, 8.345, 4.515, 2.5, 3.5, -2.5, -0.5,
  0.49999999999999994, 4503599627370497.5, 12350, 12345, 1.5e-7, 255, -255, 100, 99.5, 9007199254740993,
  18014398509481984, 123456789012345678, 1e300];
await write("number-text", [
  ...each(["string"], doubles),
  ...each(["round"], doubles), ...each(["round"], doubles, [-22, -2, -1, 1, 2, 7, 15, 24]),
  ...each(["formatBase"], doubles), ...each(["formatBase"], doubles, [2, 3, 7, 10, 16, 36, 2.5, 3.5, 36.5, 36.6, 1.5, 1.4, 0, -5]),
  ...each(["number"], ["", "0", "-0", "00", "0123", "-007", "000.00123000", "1.", ".5", "-", "+5", "1e5", "1E+5", "1e-5", "1e", "1e+",
    "10e500", "1e-400", "1/2", "1234 hello", " 1", "1 ", "1\n", "1_000", "0x12", "0X1f", "0b101", "0B101", "0o12", "0O12", "0x", "-0x10",
    "Infinity", "NaN", "0xFFFFFFFFFFFFFFFFFFFFFFFF", "0x20000000000001", "0x20000000000003", "0x200000000000010001", "123456789012345678901234567890", "[1]"]),
]);

const texts = ["", "hello", "Hello World", "straße ŉ ﬃ", "İıIi", "ΑΣ ΣΑΣ ΑΣ'Α ΑΣ.", "aΣ\u02b0b Σ", "ΑΣ\ud800", "ǆǅǄ ᾳ ΐ",
  "💩a𝄞", "\ud83d", "\ude00a", "a\ud83d\ude00b", "\uffff", "\ue000", "é€Łÿ", "a b\t\n\r c ", "\u00a0x\u000b", "𐐀𐐨ß"];
const encoded = ["", "YQ==", "YQ", "YQ==YQ==", "Y Q = =", "Y*Q", "____", "-_-_", "Y", "YWI", "YWJj\nZGVm", "6Q==", "=YQ==",
  "YWI=YWJj", "YéWJj", "Y💩WJj", "====", "YWJj=", "ŁŁŁŁ"];
const urls = ["https://a.b/ü?x=1&y=[2]#%'()*!~-_.;,@$+\"<>\\^`{|}", "\u0000\u007f\u0080💩", "%20%23%24%26%2B%2C%2F%3A%3B%3D%3F%40%41%2f",
  "%", "%4", "%zz", "%80", "%C3%A9", "%C3é", "%C3", "%C0%80", "%ED%A0%80", "%F4%90%80%80", "%F0%9F%92%A9x", "%E0%A4%A", "a+b"];
await write("text", [
  ...each(["uppercase", "lowercase", "length", "trim", "base64encode", "encodeUrl", "encodeUrlComponent", "decodeUrl", "decodeUrlComponent"], [...texts, ...urls]),
  ...each(["base64decode"], encoded), ...each(["split"], texts), ...each(["split"], texts, [2]),
  ...each(["compare", "join"], texts, texts),
  ...each(["substring"], ["hello", "💩a𝄞"], [-10, -2.5, -1.5, -0.5, 0, 1, 1.5, 2, 10]),
  ...each(["substring"], ["hello", "💩a𝄞"], [-10, -4.5, -2.5, -0.5, 0, 1.5, 2], [-1, 0, 0.5, 1, 1.7, 2.2, 7]),
  ...each(["pad"], ["", "foo", "💩a𝄞", "\ud83d"], [-8, -5.7, -3, 0, 3.9, 5.7, 8], ["", "#", "-+", "💩a", "\ude00"]),
]);
