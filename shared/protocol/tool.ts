import {
  type CallToolResult,
  type McpServer,
  requireScopes,
  type StandardSchemaWithJSON,
  type ToolAnnotations,
} from '@modelcontextprotocol/server';
import type { z } from 'zod';
import type { Scope } from '../infrastructure/identity.ts';
import type { CallContext } from './services.ts';
import { errorResult, successResult } from './tool-result.ts';

/** What a tool is given with its arguments. */
export type ToolCall = CallContext & Readonly<{ signal: AbortSignal }>;

export type Tool = Readonly<{
  name: string;
  scope: Scope;
  register(server: McpServer, call: CallContext): void;
}>;

type Definition<Input extends z.ZodObject, Output extends z.ZodObject> = Readonly<{
  name: string;
  title: string;
  description: string;
  /** What a caller needs to call it; everyone sees it. */
  scope: Scope;
  input: Input;
  output: Output;
  annotations: ToolAnnotations;
  run(args: z.output<Input>, call: ToolCall): Promise<z.output<Output>>;
  /** What a person reads; without it, the structured content as JSON. */
  text?(result: z.output<Output>): string;
}>;

/** A tool of the MCP server: its schemas are converted to JSON Schema once, not at every call. */
export function defineTool<Input extends z.ZodObject, Output extends z.ZodObject>(
  definition: Definition<Input, Output>,
): Tool {
  const { name, title, description, scope, annotations, run, text } = definition;
  const inputSchema = withMemoisedJsonSchema<z.output<Input>>(definition.input);
  const outputSchema = withMemoisedJsonSchema<z.output<Output>>(definition.output);
  return {
    name,
    scope,
    register(server, call) {
      const scopeChallenge = requireScopes(`${call.services.scopePrefix}${scope}`);
      server.registerTool(
        name,
        { title, description, inputSchema, outputSchema, annotations, scopeChallenge },
        async (args, context): Promise<CallToolResult> => {
          const { signal } = context.mcpReq;
          try {
            const result = await run(args, { ...call, signal });
            return successResult(result, text?.(result));
          } catch (error) {
            return errorResult(error, { operation: name, requestId: call.requestId });
          }
        },
      );
    },
  };
}

function withMemoisedJsonSchema<Value>(schema: z.ZodObject): StandardSchemaWithJSON<Value, Value> {
  const standard = schema['~standard'] as StandardSchemaWithJSON<Value, Value>['~standard'];
  const converted = new Map<string, Record<string, unknown>>();
  const memoise =
    (side: 'input' | 'output') =>
    (options: { target: 'draft-2020-12' | 'draft-07' | 'openapi-3.0' }) => {
      const key = `${side} ${options.target}`;
      const found = converted.get(key) ?? standard.jsonSchema[side](options);
      converted.set(key, found);
      return found;
    };
  return {
    '~standard': {
      ...standard,
      jsonSchema: { input: memoise('input'), output: memoise('output') },
    },
  };
}
