/** The page at /api/docs: the OpenAPI document as plain HTML, without scripts. It must escape everything it shows. */

export const docsStyle = `
:root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif; }
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
section { border-top: 1px solid #8884; padding: .75rem 0; }
h2 { font-size: 1.25rem; margin-top: 2rem; } h3 { font-size: 1rem; margin: 0; }
code, pre { font-family: ui-monospace, monospace; font-size: .875rem; }
pre { overflow-x: auto; padding: .75rem; background: #8881; border-radius: 4px; }
.method { display: inline-block; min-width: 3rem; font-weight: 600; }
p { margin: .25rem 0; }`;

interface Operation {
  readonly summary?: string;
  readonly description?: string;
  readonly security?: readonly unknown[];
  readonly parameters?: unknown;
  readonly requestBody?: unknown;
  readonly responses?: Readonly<Record<string, unknown>>;
}

/** Renders a generated document; `document` is trusted to be one, its texts are not trusted to be HTML. */
export function docsPage(document: object): string {
  const { info, paths, components } = document as {
    readonly info: { readonly title: string; readonly description?: string };
    readonly paths?: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
    readonly components?: { readonly schemas?: Readonly<Record<string, unknown>> };
  };
  const operations = Object.entries(paths ?? {}).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => operationHtml(method, path, operation)),
  );
  const schemas = Object.entries(components?.schemas ?? {}).map(
    ([name, schema]) => `<section id="${escaped(name)}"><h3>${escaped(name)}</h3>${json(schema)}</section>`,
  );
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${escaped(info.title)}</title><style>${docsStyle}</style></head>
<body><h1>${escaped(info.title)}</h1><p>${escaped(info.description ?? '')}</p>
<p>The same for programs: <a href="openapi.json">openapi.json</a></p>
<h2>Routes</h2>${operations.join('\n')}<h2>Schemas</h2>${schemas.join('\n')}</body></html>`;
}

function operationHtml(method: string, path: string, operation: Operation): string {
  const signedIn = (operation.security?.length ?? 0) > 0 ? 'Wants an access token.' : 'Anyone may call it.';
  const parts = [
    operation.parameters === undefined ? '' : details('Parameters', operation.parameters),
    operation.requestBody === undefined ? '' : details('Body', operation.requestBody),
    ...Object.entries(operation.responses ?? {}).map(([status, reply]) => details(`Answer ${status}`, reply)),
  ];
  return `<section><h3><code><span class="method">${escaped(method.toUpperCase())}</span> ${escaped(path)}</code></h3>
<p>${escaped(operation.summary ?? '')}. ${signedIn} ${escaped(operation.description ?? '')}</p>${parts.join('')}</section>`;
}

function details(title: string, value: unknown): string {
  return `<details><summary>${escaped(title)}</summary>${json(value)}</details>`;
}

/** References become links within the page. */
function json(value: unknown): string {
  const text = escaped(JSON.stringify(value, null, 2));
  return `<pre>${text.replaceAll(/#\/components\/schemas\/(\w+)/g, '<a href="#$1">$1</a>')}</pre>`;
}

function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
