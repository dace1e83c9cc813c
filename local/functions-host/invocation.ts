import { randomUUID } from 'node:crypto';
import type {
  CoreInvocationContext,
  LogLevel,
  RegisteredFunction,
  TypedData,
} from './functions-core.ts';
import type { FunctionApp } from './load-app.ts';

export type Invocation = Readonly<{
  invocationId: string;
  /** The trigger's value. */
  data: TypedData;
  triggerMetadata: Readonly<Record<string, TypedData>>;
  /** The caller's W3C trace context, if it sent one. */
  traceParent?: string | undefined;
  /** Sees what the function returned before the library turns it into an answer. */
  onResult?(result: unknown): void;
}>;

export type InvocationLog = (
  level: LogLevel,
  functionName: string,
  id: string,
  text: string,
) => void;

/**
 * Runs a function once as Azure's worker does: arguments, `preInvocation` hooks, the function,
 * `postInvocation` hooks, answer. Resolves with the value for the trigger (undefined where the
 * library has sent the answer itself); rejects with what the function threw.
 */
export async function invoke(
  app: FunctionApp,
  { metadata, callback }: RegisteredFunction,
  { invocationId, data, triggerMetadata, traceParent, onResult }: Invocation,
  log: InvocationLog,
): Promise<TypedData | null | undefined> {
  const core: CoreInvocationContext = {
    invocationId,
    metadata,
    state: undefined,
    request: {
      invocationId,
      functionId: metadata.name,
      inputData: [{ name: triggerOf(metadata.bindings).name, data }],
      triggerMetadata,
      traceContext: { traceParent: childTrace(traceParent), traceState: '' },
    },
    log: (level, _category, message) => log(level, metadata.name, invocationId, message),
  };
  const model = app.model.getInvocationModel(core);
  const { context, inputs } = await model.getArguments();

  const hookData = {};
  const before = { hookData, invocationContext: context, inputs, functionCallback: callback };
  if (app.hasHooks('preInvocation')) {
    core.state = 'preInvocationHooks';
    await app.runHooks('preInvocation', before);
  }

  const after: { hookData: object; invocationContext: unknown; inputs: unknown[] } & {
    result: unknown;
    error: unknown;
  } = { hookData, invocationContext: context, inputs: before.inputs, result: null, error: null };
  core.state = 'invocation';
  try {
    after.result = await model.invokeFunction(context, before.inputs, before.functionCallback);
  } catch (error) {
    after.error = error;
  }
  if (app.hasHooks('postInvocation')) {
    core.state = 'postInvocationHooks';
    await app.runHooks('postInvocation', after);
  }
  core.state = undefined;

  if (after.error !== null && after.error !== undefined) throw after.error;
  onResult?.(after.result);
  return (await model.getResponse(context, after.result)).returnValue;
}

/** The trigger among a function's bindings, with its name. */
export function triggerOf(bindings: RegisteredFunction['metadata']['bindings']) {
  for (const [name, binding] of Object.entries(bindings)) {
    if (/trigger$/i.test(binding.type)) return { name, binding };
  }
  throw new Error('The function has no trigger.');
}

const traceParentPattern = /^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;

/** A span under the caller's trace, or a new trace: https://www.w3.org/TR/trace-context/ */
function childTrace(parent: string | undefined): string {
  const traced = parent !== undefined && traceParentPattern.test(parent);
  const trace = traced ? parent.slice(3, 35) : randomUUID().replaceAll('-', '');
  const span = randomUUID().replaceAll('-', '').slice(0, 16);
  return `00-${trace}-${span}-${traced ? parent.slice(-2) : '00'}`;
}
