// Answer searches as the site does, with the worker that it ships: node search.js SITE QUERY...
// Prints a JSON list for each query: what it finds, page by page, the best page first and in it the best section.
const { readFileSync, readdirSync } = require("node:fs");
const { join } = require("node:path");
const vm = require("node:vm");

const [site, ...queries] = process.argv.slice(2);
const workers = join(site, "assets", "javascripts", "workers");
const worker = readFileSync(join(workers, readdirSync(workers).find((name) => /^search\..*\.js$/.test(name))), "utf-8");
const { config, docs } = JSON.parse(readFileSync(join(site, "search", "search_index.json"), "utf-8"));
const [SETUP, QUERY] = [0, 2]; // types of messages

let answered;
const scope = {
  addEventListener: (_, listener) => (scope.listener = listener),
  postMessage: (message) => answered(message.data),
  console,
};
scope.self = scope;
vm.runInNewContext(worker, scope);

function ask(type, data) {
  return new Promise((resolve) => {
    answered = resolve;
    scope.listener({ data: { type, data } });
  });
}

async function main() {
  await ask(SETUP, { config, docs, options: { suggest: false } });
  for (const query of queries) {
    const { items } = await ask(QUERY, query);
    console.log(JSON.stringify(items.flat().map(({ location }) => location)));
  }
}

main();
