// The unified API with every vendor that is shipped with a mapping and a simulator's dialect:
// its lists to their ends, its records, and what is created, held to the models by the
// program's own validator.
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { folderOf, localized } from "./support/documents.mjs";
import { mappings, models, validated } from "./support/models.mjs";
import { breakwater, root, simulator, stopAll } from "./support/run.mjs";

const simulated = mappings.filter(({ vendor }) => existsSync(join(root, "integrations", vendor, "sim.json")));
const vendors = [...new Set(simulated.map(({ vendor }) => vendor))];

// What the documents take from an account's context.
const contexts = {
  bamboohr: { company_domain: "acme" },
  jira: { site: "acme" },
  salesforce: { version: "v62.0", instance_url: "https://acme.my.salesforce.com" },
  shopify: { shop: "acme", version: "2025-10" },
  zendesk: { subdomain: "acme" },
};

// How a vendor takes its token where it is not as everywhere.
const schemes = {
  shopify: { scheme: "header", header: "X-Shopify-Access-Token" },
};

// Where the dialect knows one token only.
const tokens = { demo: "the-vendors-own-token" };

// What a list cannot be asked for without.
const filters = {
  "github ticketing/tickets": { collection_id: "acme/app" },
  "github ticketing/comments": { ticket_id: "acme/app#7" },
  "hubspot crm/records": { object: "p_invoice" },
  "jira ticketing/comments": { ticket_id: "AC-7" },
  "notion crm/records": { object: "59833787-2cf9-4fdf-8782-e53db20768a5" },
  "salesforce crm/records": { object: "Invoice__c" },
  "slack messaging/messages": { channel_id: "C123456" },
  "zendesk ticketing/comments": { ticket_id: "35007" },
};

// A new record of each model, and what a vendor wants beside it.
const news = {
  "accounting/customers": { name: "Acme", emails: [{ email: "ap@acme.test", type: "work" }] },
  "commerce/customers": { first_name: "Bob", last_name: "Norman", emails: [{ email: "bob@acme.test", type: "other" }] },
  "commerce/orders": { email: "bob@acme.test", line_items: [{ variant_id: "39072856", quantity: 2 }] },
  "commerce/products": { name: "IPod" },
  "crm/companies": { name: "Acme" },
  "crm/contacts": { first_name: "Ada", last_name: "Lovelace" },
  "crm/deals": { name: "Anvils", stage_id: "new", close_date: "2025-03-30" },
  "crm/leads": { name: "Ada Lovelace", last_name: "Lovelace", company_name: "Acme" },
  "crm/records": { custom_fields: { Amount: { number: 7 } } },
  "crm/notes": { content: "They like anvils", contact_id: "51" },
  "hris/employees": { first_name: "Ada", last_name: "Lovelace" },
  "messaging/channels": { name: "anvils", type: "public" },
  "messaging/messages": { channel_id: "C123456", text: "Look *here*" },
  "ticketing/comments": { body: "Me too" },
  "ticketing/tickets": { title: "It burns", description: "Very much" },
};
const besides = {
  "hubspot crm/records": filters["hubspot crm/records"],
  "notion crm/records": filters["notion crm/records"],
  "salesforce crm/records": filters["salesforce crm/records"],
  "github ticketing/tickets": { collection_id: "acme/app" },
  "github ticketing/comments": { ticket_id: "acme/app#7" },
  "jira ticketing/tickets": { collection_id: "AC", type: "Bug" },
  "jira ticketing/comments": { ticket_id: "AC-7" },
  "zendesk ticketing/comments": { ticket_id: "35007" },
};

let bw, sim, key;

before(async () => {
  sim = await simulator({ dialects: join(root, "integrations") });
  const documents = vendors.map((vendor) => localized(vendor, `${sim.url}/${vendor}`, { auth: schemes[vendor] ?? "bearer" }));
  bw = await breakwater({ integrations: folderOf(...documents) });
  for (const vendor of vendors)
    await bw.account(vendor, { external_id: vendor, context: contexts[vendor], credentials: { [schemes[vendor] ? "key" : "token"]: tokens[vendor] ?? "secret" } });
  key = await bw.callKey();
});
after(stopAll);

async function ask(vendor, path, query = {}, body) {
  const search = new URLSearchParams({ account: vendor, ...query });
  const response = await fetch(`${bw.url}/unified/${path}?${search}`, {
    method: body ? "POST" : "GET",
    headers: { authorization: `Bearer ${key}` },
    body: body && JSON.stringify(body),
  });
  const text = await response.text();
  assert.ok(response.ok, `${vendor} ${path} ${JSON.stringify(query)}: ${response.status} ${text}`);
  const flows = response.headers.get("content-type").includes("ndjson");
  return flows ? text.trimEnd().split("\n").map((line) => JSON.parse(line)) : JSON.parse(text);
}

function fits(name, records) {
  const judged = validated(records.map((instance, i) => ({ id: i, schema: models[name], instance })));
  assert.deepEqual(judged.filter(({ valid }) => !valid), []);
}

async function byCursor(vendor, name, query) {
  const records = [];
  let cursor, pages = 0;
  do {
    const page = await ask(vendor, name, { ...query, limit: 60, ...(cursor && { cursor }) });
    assert.deepEqual(page.faults, []);
    records.push(...page.data);
    if (page.next_cursor) assert.equal(page.data.length, 60, "a page is as large as was asked for");
    cursor = page.next_cursor;
    assert.ok(++pages < 100);
  } while (cursor);
  return records;
}

test("there is something to look at", () => assert.ok(vendors.length >= 9, vendors.join()));

for (const { vendor, category, resource, mapping } of simulated) {
  const name = `${category}/${resource}`, of = `${vendor} ${name}`;
  let records;

  test(`${of} is listed to its end, and by all=true the same`, async () => {
    records = await byCursor(vendor, name, filters[of]);
    assert.ok(records.length >= 2, `${records.length} records`);
    const ids = records.map(({ id }) => id);
    assert.equal(new Set(ids).size, ids.length, "no record comes twice");
    fits(name, records);
    const lines = await ask(vendor, name, { ...filters[of], all: true });
    const { end } = lines.at(-1);
    assert.deepEqual([end?.records, end?.faults], [ids.length, 0], JSON.stringify(lines.at(-1)));
    assert.deepEqual(lines.filter(({ data }) => data).map(({ data }) => data.id), ids);
  });

  if (mapping.fields)
    test(`${of} tells what fields it has, its customer's own among them`, async () => {
      const { data, faults } = await ask(vendor, `${name}/~fields`, mapping.fields.filters && filters[of]);
      assert.deepEqual(faults, []);
      assert.deepEqual([...new Set(data.map(({ custom }) => custom))].sort(), [false, true]);
      assert.ok(data.every(({ id, label, type }) => id && label && type !== "other"), JSON.stringify(data));
    });

  if (mapping.get)
    test(`${of} is got by the id that its list tells`, async () => {
      const { id } = records.at(-1);
      const { data } = await ask(vendor, `${name}/${encodeURIComponent(id)}`);
      assert.equal(data.id, id);
      fits(name, [data]);
    });

  if (mapping.create_many)
    test(`${of} is created by the batch, and of each is told what became of it`, async () => {
      const one = { ...news[name], ...besides[of] };
      const { items, failed } = await ask(vendor, name, {}, [one, one]);
      assert.deepEqual([failed, items.map(({ status }) => status).sort()], [1, [201, 422]], JSON.stringify(items));
      fits(name, items.filter(({ data }) => data).map(({ data }) => data));
      assert.ok(items.find(({ problem }) => problem).problem.vendor.message);
    });

  if (mapping.create)
    test(`${of} is created`, async () => {
      const { data, faults } = await ask(vendor, name, {}, { ...news[name], ...besides[of] });
      assert.deepEqual(faults ?? [], []);
      fits(name, [data]);
    });
}

test("our key reached no vendor", async () => {
  for (const vendor of vendors) {
    const heard = await sim.requests(`/${vendor}/`);
    assert.ok(heard.length > 0, vendor);
    for (const request of heard) {
      assert.ok(!JSON.stringify(request).includes(key), vendor);
      assert.ok(request.status < 400, `${vendor} ${request.method} ${request.target}: ${request.status}`);
    }
  }
});
