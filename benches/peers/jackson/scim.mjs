// The peer that the bench `scim` measures Kernia beside: the directory sync of
// `@boxyhq/saml-jackson` on SQLite behind Node's own HTTP server. `node scim.mjs FOLDER` prints the
// argument that the bench wants.

import { createServer } from 'node:http';
import { join } from 'node:path';
import jackson from '@boxyhq/saml-jackson';

const folder = process.argv[2];
const quiet = { info() {}, warn() {}, error: console.error };
// One request after another, as in server.mjs and for the same reason.
let turn = Promise.resolve();

const server = createServer((request, response) => {
  const url = new URL(request.url, 'http://127.0.0.1');
  const [, , , , directoryId, type, resourceId] = url.pathname.split('/');
  const query = Object.fromEntries(url.searchParams);
  const pieces = [];
  request.on('data', (piece) => pieces.push(piece));
  request.on('end', () => {
    const text = Buffer.concat(pieces).toString();
    const asked = {
      method: request.method,
      body: text ? JSON.parse(text) : undefined,
      directoryId,
      resourceType: type?.toLowerCase(),
      resourceId,
      apiSecret: (request.headers.authorization ?? '').replace('Bearer ', ''),
      query: {
        count: query.count ? Number(query.count) : undefined,
        startIndex: query.startIndex ? Number(query.startIndex) : undefined,
        filter: query.filter,
      },
    };
    turn = turn.then(async () => {
      const { status, data } = await directories.requests.handle(asked, async () => {});
      const body = data === undefined ? '' : JSON.stringify(data);
      const headers = { 'content-type': 'application/scim+json', 'content-length': Buffer.byteLength(body) };
      response.writeHead(status, headers).end(body);
    });
  });
});

await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
const authority = `127.0.0.1:${server.address().port}`;
const { directorySyncController: directories } = await jackson.controllers({
  externalUrl: `http://${authority}`,
  samlPath: '/api/oauth/saml',
  scimPath: '/api/scim/v2.0',
  samlAudience: 'https://jackson.example.com',
  db: { engine: 'sql', type: 'sqlite', url: join(folder, 'jackson.db') },
  logger: quiet,
});
await new Promise((over) => setTimeout(over, 1500));
const made = await directories.directories.create({
  name: 'bench',
  tenant: 'acme.example',
  product: 'bench',
  type: 'generic-scim-v2',
});
if (made.error) throw new Error(made.error.message);
console.log(`jackson=http://${authority}/api/scim/v2.0/${made.data.id},${made.data.scim.secret}`);
