import type {
  CallToolResult,
  McpServer,
  StandardSchemaWithJSON,
  ToolAnnotations,
} from '@modelcontextprotocol/server';
import type { z } from 'zod';
import type { CallContext } from './services.ts';
import { errorResult, successResult } from './tool-result.ts';

/** What a tool is given with its arguments. */
export type ToolCall = CallContext & Readonly<{ signal: AbortSignal }>;

export type Tool = Readonly<{
  name: string;
  register(server: McpServer, call: CallContext): void;
}>;

type Definition<Input extends z.ZodObject, Output extends z.ZodObject> = Readonly<{
  name: string;
  title: string;
  description: string;
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
  const { name, title, description, annotations, run, text } = definition;
  const inputSchema = withMemoisedJsonSchema<z.output<Input>>(definition.input);
  const outputSchema = withMemoisedJsonSchema<z.output<Output>>(definition.output);
  return {
    name,
    register(server, call) {
      server.registerTool(
        name,
        { title, description, inputSchema, outputSchema, annotations },
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
