// Reads analytics events as a consumer would who knows CloudEvents and nothing of Parlour: each is
// parsed by the CloudEvents SDK, and its data is held to the published schema by Ajv.
// usage: feed.mjs SCHEMA_FILE <EVENTS    EVENTS is NDJSON: structured events, or Kafka messages as
//                                        {"headers":{...},"value":"..."}
// Prints {"events":N,"types":{type:count},"ids":N}; a fault ends it with status 1.
import { readFileSync } from "node:fs";
import Ajv2020 from "ajv/dist/2020.js";
import { CloudEvent, HTTP, Kafka } from "cloudevents";

const ajv = new Ajv2020.default({ allErrors: true, strict: true });
ajv.addSchema(JSON.parse(readFileSync(process.argv[2], "utf8")));

function parsed(line) {
  const message = JSON.parse(line);
  if (!("headers" in message)) {
    const headers = { "content-type": "application/cloudevents+json" };
    return HTTP.toEvent({ headers, body: line });
  }
  const { headers, value, key } = message;
  return Kafka.toEvent({ headers, value, key, body: value });
}

const ids = new Set();
const types = {};
let events = 0;
for (const line of readFileSync(0, "utf8").split("\n")) {
  if (line === "") continue;
  const event = parsed(line);
  if (!(event instanceof CloudEvent) || !event.validate()) throw new Error("no CloudEvent");
  const validate = ajv.getSchema(event.dataschema);
  if (!validate) throw new Error(`no schema ${event.dataschema}`);
  const data = typeof event.data === "string" ? JSON.parse(event.data) : event.data;
  if (!validate(data)) throw new Error(`${event.type}: ${ajv.errorsText(validate.errors)}`);
  ids.add(event.id);
  types[event.type] = (types[event.type] ?? 0) + 1;
  events += 1;
}
console.log(JSON.stringify({ events, types, ids: ids.size }));
