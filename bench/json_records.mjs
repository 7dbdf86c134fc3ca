// Deterministic records of a megabyte, as vendors send them: mostly text (contacts of
// Salesforce), mostly numbers (lines of an invoice).
let seed;
function random() { // xorshift32: the same everywhere
  seed ^= seed << 13; seed >>>= 0;
  seed ^= seed >>> 17;
  seed ^= seed << 5; seed >>>= 0;
  return seed / 4294967296;
}
const int = (low, high) => low + Math.floor(random() * (high - low + 1));
const pick = (list) => list[int(0, list.length - 1)];
const digits = (n, width) => String(n).padStart(width, "0");
const time = () => `20${int(18, 25)}-${digits(int(1, 12), 2)}-${digits(int(1, 28), 2)}T${digits(int(0, 23), 2)}:${digits(int(0, 59), 2)}:${digits(int(0, 59), 2)}.${digits(int(0, 999), 3)}+0000`;
const FIRST = ["Alice", "Bjørn", "Chloé", "Dmitri", "Elena", "Farid", "Grace", "Hiro", "José", "Katarzyna", "Liam", "Mei"];
const LAST = ["Anderson", "Brown", "Castellanos", "Fernández", "García", "Hoffmann", "Lindqvist", "Müller", "Nakamura", "O'Connor"];
const FIRM = ["Acme GmbH", "Globex Corporation", "Initech", "Umbrella Health", "Vandelay Import/Export"];
const CITY = [["Berlin", "BE", "10115", "Germany"], ["Austin", "TX", "73301", "United States"], ["São Paulo", "SP", "01000-000", "Brazil"]];

function contact() {
  const first = pick(FIRST), last = pick(LAST), [city, state, code, country] = pick(CITY), id = `003${digits(int(0, 9e9), 12)}AAQ`;
  return {
    attributes: { type: "Contact", url: `/services/data/v59.0/sobjects/Contact/${id}` }, Id: id, FirstName: first, LastName: last,
    Name: `${first} ${last}`, Email: random() < 0.1 ? null : `${last.toLowerCase()}@example.com`, Phone: `+1 (${int(200, 989)}) ${int(100, 999)}-${digits(int(0, 9999), 4)}`,
    Title: pick(["VP Engineering", "Account Executive", "CTO", "Chief of Staff"]), Department: pick(["Sales", "R&D", "Finance", null]), AccountId: `001${digits(int(0, 9e9), 12)}AAI`,
    Account: random() < 0.1 ? null : { attributes: { type: "Account", url: "/services/data/v59.0/sobjects/Account/001" }, Name: pick(FIRM), Industry: pick(["Technology", "Healthcare", "Retail"]) },
    MailingStreet: `${int(1, 999)} Main Street\nSuite ${int(1, 99)}`, MailingCity: city, MailingState: state, MailingPostalCode: code, MailingCountry: country,
    OwnerId: `005${digits(int(0, 9e9), 12)}QAA`, LeadSource: pick(["Web", "Referral", "Event", null]), HasOptedOutOfEmail: random() < 0.2, IsDeleted: false,
    Score__c: int(0, 100), Tags__c: `vip;newsletter;q${int(1, 4)}`, CreatedDate: time(), LastModifiedDate: time(),
  };
}

function item(line) {
  return {
    line, sku: `SKU-${digits(int(1, 400), 5)}`, category: pick(["hardware", "software", "services", "support"]), region: pick(["EMEA", "AMER", "APAC"]),
    quantity: int(1, 40), unitPrice: +(random() * 500).toFixed(2), discountPct: pick([0, 0, 0, 5, 10, 15]), taxRate: pick([0, 0.07, 0.19, 0.2]),
    weight: random() * 100, latitude: random() * 180 - 90, longitude: random() * 360 - 180, stamp: int(1.5e12, 1.8e12), billable: random() < 0.9,
  };
}

function records(member, make) {
  const list = [];
  seed = 0x2545f491;
  for (let bytes = 0; bytes < 1e6; bytes += Buffer.byteLength(JSON.stringify(list.at(-1))) + 1) list.push(make(list.length + 1));
  return JSON.stringify({ totalSize: list.length, done: true, [member]: list });
}

export const contacts = () => records("records", contact);
export const items = () => records("items", item);
