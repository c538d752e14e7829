// A real `kernia demo` process, and a browser small enough to sign in with: cookies, redirects, forms.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

/** Start a demo on a free port; resolves with what its one line says, and a way to stop it. */
export async function startDemo() {
  const child = spawn(process.env.KERNIA_BIN, ["demo", "--port", "0", "--json"], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let log = "";
  child.stderr.on("data", (bytes) => (log += bytes));
  const line = await Promise.race([
    once(createInterface({ input: child.stdout }), "line").then(([text]) => text),
    once(child, "exit").then(([code]) => Promise.reject(new Error(`demo ended with ${code}:\n${log}`))),
  ]);
  return {
    ...JSON.parse(line),
    log: () => log,
    async stop() {
      child.kill("SIGTERM");
      const [code] = await once(child, "exit");
      return code;
    },
  };
}

/** Walk from an address through redirects and self-posting forms until the application's own address. */
export async function signInAt(url, stopAt, cookies = new Map()) {
  let request = { method: "GET" };
  for (let step = 0; step < 20; step += 1) {
    if (url.startsWith(stopAt)) return new URL(url).searchParams;
    const answer = await fetch(url, {
      ...request,
      redirect: "manual",
      headers: { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join("; ") },
    });
    for (const cookie of answer.headers.getSetCookie()) {
      const [pair] = cookie.split(";");
      cookies.set(pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1));
    }
    if (answer.status >= 300 && answer.status < 400) {
      url = new URL(answer.headers.get("location"), url).href;
      request = { method: "GET" };
      continue;
    }
    const page = await answer.text();
    const form = page.match(/<form[^>]*action="([^"]*)"[^>]*>([\s\S]*?)<\/form>/i);
    // Where a person chooses between several ways to sign in, the first one is pressed.
    const chosen = form?.[2].match(/<button[^>]*name="chosen"[^>]*>/i)?.[0];
    if (answer.status !== 200 || !form || !(chosen || form[2].includes("SAMLResponse"))) {
      throw new Error(`stopped at ${url} (${answer.status}):\n${page.slice(0, 3000)}`);
    }
    const inputs = [...form[2].matchAll(/<input[^>]*>/gi), ...(chosen ? [[chosen]] : [])];
    const fields = inputs.map(([input]) => [
      attribute(input, "name"),
      attribute(input, "value"),
    ]);
    url = new URL(plain(form[1]), url).href;
    request = { method: "POST", body: new URLSearchParams(fields.filter(([name]) => name)) };
  }
  throw new Error(`too many steps, the last to ${url}`);
}

const attribute = (tag, name) => plain(tag.match(new RegExp(`\\b${name}="([^"]*)"`, "i"))?.[1] ?? "");

const plain = (text) =>
  text
    .replace(/&#x([0-9a-f]+);/gi, (_, hex) => String.fromCodePoint(parseInt(hex, 16)))
    .replace(/&#(\d+);/g, (_, digits) => String.fromCodePoint(Number(digits)))
    .replaceAll("&quot;", '"')
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&amp;", "&");
