// One edit through the job API with aws4fetch: node edit.ts CLIP "PROMPT" (Node.js 24 reads types).
import { readFile, writeFile } from "node:fs/promises";
import { basename } from "node:path";
import { AwsClient } from "aws4fetch";

const { API, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, AWS_DEFAULT_REGION } = process.env;
const [clip, prompt] = process.argv.slice(2) as [string, string];
const aws = new AwsClient({
  accessKeyId: AWS_ACCESS_KEY_ID!, secretAccessKey: AWS_SECRET_ACCESS_KEY!,
  sessionToken: AWS_SESSION_TOKEN, region: AWS_DEFAULT_REGION, service: "execute-api",
});

async function call(method: string, path: string, said?: object, headers: Record<string, string> = {}) {
  const body = said && JSON.stringify(said);
  const sent = { ...(body && { "content-type": "application/json" }), ...headers };
  const answer = await aws.fetch(API + path, { method, body, headers: sent, redirect: "manual" });
  if (answer.status >= 400) throw new Error(`${path}: ${await answer.text()}`);
  return (await answer.json()) as any;
}

const form = await call("POST", "/uploads", { file_name: basename(clip), content_type: "video/mp4" });
const fields = new FormData();
for (const [name, value] of Object.entries(form.fields)) fields.append(name, value as string);
fields.append("file", new Blob([await readFile(clip)]));
const put = await fetch(form.url, { method: "POST", body: fields });
if (!put.ok) throw new Error(`the upload: ${put.status}`);
let edit = await call("POST", "/edits", { prompt, source: form.key }, { "idempotency-key": form.key });
while (!["SUCCEEDED", "FAILED", "REJECTED", "CANCELLED"].includes(edit.status)) {
  await new Promise((wake) => setTimeout(wake, 1000 * Number(process.env.SECONDS_BETWEEN ?? 5)));
  edit = await call("GET", `/edits/${edit.edit_id}`);
}
if (edit.status !== "SUCCEEDED") throw new Error(edit.message);
const { url } = await call("GET", `/edits/${edit.edit_id}/video`);
await writeFile(`${edit.edit_id}.mp4`, Buffer.from(await (await fetch(url)).arrayBuffer()));
console.log(edit.edit_id);
