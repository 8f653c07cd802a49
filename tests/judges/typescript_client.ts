// The whole way with the types that openapi-typescript has made of docs/openapi.json.
import { readFile, writeFile } from "node:fs/promises";
import { AwsClient } from "aws4fetch";
import createClient from "openapi-fetch";
import type { paths } from "./retake.ts";

const env = process.env;
const [clip, prompt] = process.argv.slice(2) as [string, string];
const aws = new AwsClient({
  accessKeyId: env.AWS_ACCESS_KEY_ID, secretAccessKey: env.AWS_SECRET_ACCESS_KEY,
  region: env.AWS_DEFAULT_REGION, service: "execute-api",
});
const client = createClient<paths>({
  baseUrl: env.API,
  fetch: async (request: Request) =>
    fetch(await aws.sign(request.url, {
      method: request.method,
      headers: Object.fromEntries(request.headers),
      body: request.method === "GET" ? undefined : await request.text(),
    }), { redirect: "manual" }),
});

function told<T>(answer: { data?: T; error?: unknown }): T {
  if (answer.data === undefined) throw new Error(JSON.stringify(answer.error));
  return answer.data;
}

const models = told(await client.GET("/models"));
if (models.models[0]!.role !== "default") throw new Error("The stack's own choice is not first.");
// Nothing but what must be said: what is optional may be left out.
told(await client.POST("/quotes", { body: { prompt, clip: { duration_seconds: 5 } } }));
const form = told(await client.POST("/uploads", { body: { file_name: clip, content_type: "video/mp4" } }));
const fields = new FormData();
for (const [name, value] of Object.entries(form.fields)) fields.append(name, value);
fields.append("file", new Blob([await readFile(clip)]));
const put = await fetch(form.url, { method: "POST", body: fields });
if (!put.ok) throw new Error(`the upload: ${put.status}`);
const started = told(await client.POST("/edits", {
  params: { header: { "idempotency-key": form.key } }, body: { prompt, source: form.key },
}));
const path = { edit_id: started.edit_id };
let edit = told(await client.GET("/edits/{edit_id}", { params: { path } }));
while (!["SUCCEEDED", "FAILED", "REJECTED", "CANCELLED"].includes(edit.status)) {
  await new Promise((wake) => setTimeout(wake, 500));
  edit = told(await client.GET("/edits/{edit_id}", { params: { path } }));
}
if (edit.status !== "SUCCEEDED") throw new Error(edit.message);
const many: number = edit.warnings.length + edit.tags.length; // in every answer, so never undefined
if (Number.isNaN(many)) throw new Error("What is in every answer was missing.");
// A redirect is no success to openapi-fetch; its address is in the answer all the same.
const { response } = await client.GET("/edits/{edit_id}/video", { params: { path } });
const link = response.headers.get("location");
if (link === null) throw new Error(`no link: ${response.status}`);
await writeFile(`${edit.edit_id}.mp4`, Buffer.from(await (await fetch(link)).arrayBuffer()));
console.log(edit.edit_id);
