// The pages of the documentation, taken apart: fenced examples, words in backticks, links,
// anchors.
import { readFileSync, readdirSync } from "node:fs";
import { join, relative } from "node:path";
import { root } from "./run.mjs";

function filesBelow(folder) {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? filesBelow(join(folder, entry.name)) : [join(folder, entry.name)]);
}

// As GitHub makes anchors of headings.
function anchorOf(heading) {
  return heading.trim().toLowerCase().replace(/[^\p{L}\p{N}\s_-]/gu, "").replace(/\s/g, "-");
}

function takeApart(file) {
  const page = { file, text: readFileSync(join(root, file), "utf8"), fences: [], codes: [], links: [], anchors: new Set() };
  let fence = null;
  let prose = "";
  page.text.split("\n").forEach((line, i) => {
    const mark = /^```(\w*)$/.exec(line);
    if (mark && fence) fence = null;
    else if (mark) page.fences.push((fence = { language: mark[1], line: i + 1, text: "" }));
    else if (fence) fence.text += `${line}\n`;
    else if (/^#{1,6} /.test(line)) page.anchors.add(anchorOf(line.replace(/^#+ /, "")));
    prose += mark || fence ? "\n" : `${line}\n`;
  });
  const lineAt = (index) => prose.slice(0, index).split("\n").length;
  for (const m of prose.matchAll(/(`+)([^`]+?)\1/g)) page.codes.push({ text: m[2].replace(/\s+/g, " "), line: lineAt(m.index) });
  for (const m of prose.matchAll(/\]\(([^)\s]+)\)/g)) page.links.push({ target: m[1], line: lineAt(m.index) });
  return page;
}

const topPages = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "bench/README.md"];
export const pages = [...topPages, ...filesBelow("docs").filter((file) => file.endsWith(".md")).sort()].map(takeApart);

export const pageOf = (file) => pages.find((page) => page.file === file);

// A fence of shell lines as commands: continued lines and open quotes joined, comments and
// blanks left out.
export function commandsOf(fence) {
  const commands = [];
  let open = "";
  for (const line of fence.text.replace(/\\\n\s*/g, "").split("\n")) {
    open += (open && "\n") + line;
    if ((open.match(/'/g) ?? []).length % 2) continue;
    const command = open.replace(/\s+# .*$/, "").trim();
    if (command && !command.startsWith("#")) commands.push(command);
    open = "";
  }
  return commands;
}

// All text of the sources and tests, in which the identifiers of the pages for developers
// must stand, and the names of their files.
export function sources() {
  const files = ["src", "tests", "tools", "bench", "integrations"].flatMap(filesBelow)
    .filter((file) => !file.includes("node_modules") && !file.includes("/corpus/"));
  const read = files.filter((file) => /\.([ch]|mjs|vtc|jsonl?)$|^tools\/|\/run$/.test(file) && !file.endsWith("package-lock.json") && !file.endsWith("docs.test.mjs"));
  const words = new Set(read.flatMap((file) => readFileSync(join(root, file), "utf8").match(/[A-Za-z_][A-Za-z0-9_]*/g) ?? []));
  const stems = new Set(files.map((file) => relative("", file).split("/").pop().replace(/\.\w+$/, "")));
  return { files: new Set(files), words, stems };
}
