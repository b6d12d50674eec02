// The OpenAPI document is valid, its examples work as they stand, and the server answers what it says.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { Validator } from "@seriousme/openapi-schema-validator";
import Ajv from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { postRows } from "./hub.mjs";
import { startServer } from "./server.mjs";

const json = "application/json";
const lines = "application/x-ndjson";

describe("the OpenAPI document", () => {
  let server, document, validate;

  before(async () => {
    server = await startServer();
    document = await (await fetch(`${server.url}/openapi/v1.json`)).json();
    const ajv = addFormats(new Ajv({ strict: false, allErrors: true }));
    ajv.addSchema(document, "document");
    validate = (pointer, value) => {
      const check = ajv.compile({ $ref: `document#${pointer}` });
      assert.ok(check(value), `${pointer}: ${ajv.errorsText(check.errors)} in ${JSON.stringify(value)}`);
    };
  });

  after(() => server?.stop());

  test("is valid", async () => {
    const result = await new Validator().validate(structuredClone(document));
    assert.ok(result.valid, JSON.stringify(result.errors));
    assert.equal(document.openapi, "3.1.0");
    assert.equal(new URL(document.servers[0].url, `${server.url}/live/openapi/v1.json`).pathname, "/live/");
  });

  test("has examples that the server takes as they stand", async () => {
    let count = 0;
    for (const [path, operations] of Object.entries(document.paths)) {
      for (const [method, { requestBody }] of Object.entries(operations)) {
        for (const [type, { example, examples = {} }] of Object.entries(requestBody?.content ?? {})) {
          for (const [name, body] of [["", example], ...Object.entries(examples).map(([name, { value }]) => [name, value])].filter(([, body]) => body !== undefined)) {
            // A channel of its own for each, since two examples may give one field two types.
            const address = path.replace("{id}", encodeURIComponent(`example ${method} ${type} ${name}`.trim()));
            const answer = await call(method, address, type, typeof body === "string" ? body : JSON.stringify(body));
            assert.equal(answer.status, 200, `${method} ${path} ${name}: ${JSON.stringify(answer.body)}`);
            check(method, path, answer);
            count++;
          }
        }
      }
    }
    assert.equal(count, 7);
  });

  test("describes what each route answers", async () => {
    await postRows(server.url, 'all{kind="x"}', [{ time: 1, value: 1.5, text: "a", on: true }, { time: 2, value: null }]);
    await call("post", "/api/publish", json, JSON.stringify({ batches: [{ channel: "nan", rows: { fields: [{ name: "v" }, { name: "s" }], values: [[null, 1], ["a", null]], entities: [{ NaN: [0] }, null] } }] }));
    const id = encodeURIComponent('all{kind="x"}');
    for (const [method, path, address] of [
      ["get", "/api/channels", "/api/channels?limit=1"],
      ["get", "/api/channels", "/api/channels?selector=all"],
      ["get", "/api/channels/{id}", `/api/channels/${id}`],
      ["get", "/api/channels/{id}/frame", `/api/channels/${id}/frame`],
      ["get", "/api/channels/{id}/frame", "/api/channels/nan/frame?rows=2"],
      ["get", "/api/status", "/api/status"],
      ["get", "/livez", "/livez"],
      ["get", "/readyz", "/readyz"],
      ["get", "/openapi/v1.json", "/openapi/v1.json"],
      ["delete", "/api/channels/{id}", `/api/channels/${id}`],
    ])
      check(method, path, await call(method, address));
  });

  test("describes what each route answers where something is wrong", async () => {
    for (const [method, path, address, type, body, code] of [
      ["post", "/api/channels/{id}/rows", "/api/channels/x/rows", json, "{", "bad_request"],
      ["post", "/api/channels/{id}/rows", "/api/channels/x/rows", lines, "", "bad_request"],
      ["post", "/api/publish", "/api/publish", json, "{}", "bad_request"],
      ["put", "/api/channels/{id}", "/api/channels/x", json, "{\"capacity\":0}", "bad_request"],
      ["get", "/api/channels/{id}", "/api/channels/none", undefined, undefined, "not_found"],
      ["delete", "/api/channels/{id}", "/api/channels/none", undefined, undefined, "not_found"],
      ["get", "/api/channels/{id}/frame", "/api/channels/none/frame", undefined, undefined, "not_found"],
      ["get", "/api/channels", "/api/channels?limit=0", undefined, undefined, "bad_request"],
      ["get", "/api/stream", "/api/stream", undefined, undefined, "bad_request"],
    ]) {
      const answer = await call(method, address, type, body);
      assert.ok(answer.status >= 400, address);
      assert.equal(answer.body.code, code, address);
      check(method, path, answer);
    }
  });

  test("describes the items of a stream", async () => {
    await postRows(server.url, "streamed", [{ value: 1, text: "a" }, { value: 2 }]);
    const stop = new AbortController();
    const response = await fetch(`${server.url}/api/stream?selector=streamed&intervalMs=0&fields=value,none`, { signal: stop.signal });
    assert.equal(response.headers.get("content-type"), lines);
    let [text, count, row] = ["", 0, 3];
    for await (const bytes of response.body.pipeThrough(new TextDecoderStream())) {
      text += bytes;
      for (const line of text.split("\n").slice(0, -1)) {
        const item = JSON.parse(line);
        validate("/components/schemas/Item", item);
        count++;
        if (item.state === "Streaming" && row++ < 5)
          await postRows(server.url, "streamed", { value: row });
      }
      text = text.slice(text.lastIndexOf("\n") + 1);
      if (count >= 4)
        break;
    }
    stop.abort();
    assert.ok(count >= 4);
  });

  async function call(method, address, type, body) {
    const response = await fetch(server.url + address, { method: method.toUpperCase(), headers: type ? { "content-type": type } : {}, body });
    const contentType = response.headers.get("content-type")?.split(";")[0];
    const text = await response.text();
    return { status: response.status, type: contentType, body: contentType?.endsWith("json") ? JSON.parse(text) : text };
  }

  /** Demands that the document describes an answer: its status, its type and its content. */
  function check(method, path, { status, type, body }) {
    const { responses } = document.paths[path][method];
    const place = `/paths/${path.replaceAll("/", "~1")}/${method}/responses/${status in responses ? status : "default"}`;
    const described = responses[status] ?? document.components.responses.Problem;
    assert.ok(described, `${method} ${path} answered ${status}`);
    if (!described.content) {
      assert.equal(body, "");
      return;
    }
    assert.ok(described.content[type], `${method} ${path} answered ${status} as ${type}`);
    if (type.endsWith("json"))
      validate(`${status in responses ? place : "/components/responses/Problem"}/content/${encodeURIComponent(type.replaceAll("/", "~1"))}/schema`, body);
  }
});
