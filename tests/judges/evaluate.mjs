// One expression a line in, one answer a line out: {"text", "scope"} → {"value"}, {} or {"error"}.
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const jsonata = createRequire(process.argv[2] + "/")("jsonata");

for await (const line of createInterface({ input: process.stdin })) {
  const { text, scope } = JSON.parse(line);
  let answer;
  try {
    answer = { value: await jsonata(text).evaluate(undefined, scope) };
  } catch (error) {
    answer = { error: error.code ?? String(error) };
  }
  process.stdout.write(JSON.stringify(answer) + "\n");
}
