// A peer of the bench `scim`: `scimmy` behind Express, its users and groups in two maps of this
// process, which is the most that its users can hope for: nothing is durable. Prints the argument
// that the bench wants.

import express from 'express';
import SCIMMY from 'scimmy';
import SCIMMYRouters from 'scimmy-routers';

const token = 'secret';

// Found by the simple filters that identity providers send through an index, else by looking at all.
function keep(Resource, indexed) {
  const all = new Map();
  const indexes = Object.fromEntries(indexed.map((name) => [name, new Map()]));
  let next = 1;
  const index = (one, how) => {
    for (const name of indexed) if (one[name]) indexes[name][how](String(one[name]).toLowerCase(), one);
  };
  const simple = (filter) => {
    if (filter?.length !== 1) return undefined;
    const [[name, test]] = Object.entries(filter[0]);
    const [operator, value] = Array.isArray(test) ? test : [];
    if (operator !== 'eq' || !indexes[name]) return undefined;
    const found = indexes[name].get(String(value).toLowerCase());
    return found ? [found] : [];
  };
  SCIMMY.Resources.declare(Resource)
    .ingress((resource, data) => {
      const id = resource.id ?? String(next++);
      const before = all.get(id);
      const at = new Date();
      const one = { ...JSON.parse(JSON.stringify(data)), id, meta: { created: before?.meta.created ?? at, lastModified: at } };
      if (before) index(before, 'delete');
      all.set(id, one);
      index(one, 'set');
      return one;
    })
    .egress((resource) => {
      if (resource.id) {
        const one = all.get(resource.id);
        if (!one) throw new SCIMMY.Types.Error(404, null, 'not found');
        return one;
      }
      return simple(resource.filter) ?? [...all.values()];
    })
    .degress((resource) => {
      const one = all.get(resource.id);
      if (one) index(one, 'delete');
      all.delete(resource.id);
    });
}

keep(SCIMMY.Resources.User, ['userName', 'externalId']);
keep(SCIMMY.Resources.Group, ['displayName']);

const app = express();
app.use(
  '/scim',
  new SCIMMYRouters({
    type: 'bearer',
    docUri: 'https://example.com',
    handler: (request) => {
      if (request.headers.authorization !== `Bearer ${token}`) throw new Error('no token');
      return 'bench';
    },
  }),
);
const server = app.listen(0, '127.0.0.1', () => console.log(`scimmy=http://127.0.0.1:${server.address().port}/scim,${token}`));
