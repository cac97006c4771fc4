/**
 * Publishes the contract: OpenAPI 3.1 at /api/openapi.json, generated from the schemas that requests and answers
 * are parsed with, and a page to read it at /api/docs. Nothing here may describe a route by hand.
 */
import { createHash } from 'node:crypto';
import swagger from '@fastify/swagger';
import { createJsonSchemaTransform, createJsonSchemaTransformObject } from 'fastify-type-provider-zod';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import * as contract from '../../shared/api.ts';
import * as officeContract from '../../shared/api-office.ts';
import { endpoints, type Endpoint } from '../../shared/endpoints.ts';
import { docsPage, docsStyle } from './docs-page.ts';

/** Registers the generator; must run before the routes, which it collects as they are added. */
export async function setUpOpenApi(app: FastifyInstance): Promise<void> {
  const schemaRegistry = namedSchemas();
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Zhangtai billing server',
        description:
          'Money is a decimal string in yuan, times are RFC 3339 UTC with milliseconds, ids that name an ' +
          'operation are UUIDs made by the caller.',
        version: '1',
      },
      components: { securitySchemes: { bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } } },
    },
    transform: createJsonSchemaTransform({ schemaRegistry }),
    transformObject: (document) => {
      const named = createJsonSchemaTransformObject({ schemaRegistry })(document);
      dropUnusedSchemas(named);
      return named;
    },
  });
}

/** Adds the two routes that show what was collected. */
export function registerOpenApiRoutes(app: FastifyInstance): void {
  app.get('/api/openapi.json', { schema: { hide: true } }, () => app.swagger());
  const styleHash = createHash('sha256').update(docsStyle).digest('base64');
  const contentSecurityPolicy = {
    useDefaults: false,
    directives: { defaultSrc: ["'none'"], styleSrc: [`'sha256-${styleHash}'`], frameAncestors: ["'none'"] },
  };
  app.get('/api/docs', { schema: { hide: true }, helmet: { contentSecurityPolicy } }, (_request, reply) =>
    reply.type('text/html; charset=utf-8').send(docsPage(app.swagger())),
  );
}

/**
 * The contract's schemas by the names they are exported under, so that the document can refer to them. Queries and
 * parameters are taken apart into single ones, so those are not referred to.
 */
function namedSchemas() {
  const registry = z.registry<{ id: string }>();
  const unnamed = new Set<unknown>();
  for (const { query, params } of Object.values<Endpoint>(endpoints)) {
    unnamed.add(query);
    unnamed.add(params);
  }
  for (const [id, schema] of Object.entries({ ...contract, ...officeContract }))
    if (schema instanceof z.ZodType && !unnamed.has(schema)) registry.add(schema, { id });
  return registry;
}

/** The transform names each schema twice, as it is read and as it is written; what nothing refers to goes. */
function dropUnusedSchemas(document: object): void {
  const { components, ...rest } = document as { components?: { schemas?: Record<string, unknown> } };
  const schemas = components?.schemas ?? {};
  const used = new Set<string>();
  const waiting: unknown[] = [rest];
  while (waiting.length > 0)
    for (const [, name = ''] of JSON.stringify(waiting.pop()).matchAll(
      /"#\/components\/schemas\/([^"]+)"/g,
    )) {
      if (used.has(name)) continue;
      used.add(name);
      waiting.push(schemas[name] ?? null);
    }
  for (const name of Object.keys(schemas)) if (!used.has(name)) delete schemas[name];
}
