import type { TypedData } from './functions-core.ts';

export type Route = Readonly<{
  /** With the prefix, without a leading slash: `api/stores/{id}`. */
  template: string;
  methods: readonly string[];
  /** The parameters of a path, or undefined where the path is another one. */
  match(path: string): Record<string, TypedData> | undefined;
}>;

/** Azure keeps these for the host: https://aka.ms/azurefunctions-routes */
const reserved = ['admin', 'runtime'];

/**
 * Compiles an HTTP trigger's route: literals (any case), `{name}`, `{name?}` and, at the end,
 * `{*name}`. The other forms of ASP.NET templates (constraints, defaults, part of a segment) are
 * refused, so that none is silently taken for something else.
 */
export function compileRoute(prefix: string, route: string, methods: readonly string[]): Route {
  const template = [prefix, route].filter(Boolean).join('/');
  const segments = template.split('/');
  if (reserved.includes((segments[0] ?? '').toLowerCase())) {
    throw new Error(`route "${template}": /${segments[0]} is reserved for the host`);
  }
  const names: string[] = [];
  const pattern = segments.map((segment, index) => {
    const { name, all, optional } = parseSegment(template, segment);
    if (name === undefined) return `/${segment.replace(/[.*+?^$()|[\]\\]/g, '\\$&')}`;
    if ((all || optional) && index < segments.length - 1) {
      throw new Error(`route "${template}": ${segment} must be the last segment`);
    }
    names.push(name);
    const value = all ? '(.*)' : '([^/]+)';
    return all || optional ? `(?:/${value})?` : `/${value}`;
  });
  const expression = new RegExp(`^${pattern.join('')}/?$`, 'i');
  return {
    template,
    methods,
    match(path) {
      const found = expression.exec(path);
      if (!found) return undefined;
      const parameters: Record<string, TypedData> = {};
      names.forEach((name, index) => {
        const value = found[index + 1];
        if (value) parameters[name] = { string: decode(value) };
      });
      return parameters;
    },
  };
}

function parseSegment(template: string, segment: string) {
  if (segment !== '' && !/[{}]/.test(segment)) return {};
  const match = /^\{(\*?)(\w+)(\??)\}$/.exec(segment);
  if (!match) {
    throw new Error(`route "${template}": "${segment}" is not a literal, {name}, {name?}, {*name}`);
  }
  return { name: match[2], all: match[1] === '*', optional: match[3] === '?' };
}

/** A parameter with a broken escape is passed on as it came, as ASP.NET does. */
function decode(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}
