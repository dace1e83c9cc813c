import { type AzureOpenAiOptions, createAzureOpenAiClient } from './azure-openai-client.ts';
import { packBatches } from './batches.ts';
import { type EmbeddingProvider, embeddingDimensions, refuseBlank } from './embedding-provider.ts';
import { requestedWaitMs } from './rate-limit.ts';
import { createResilience, type ResilienceOptions } from './resilience.ts';
import { fitTokens } from './token-limit.ts';

/** https://learn.microsoft.com/azure/ai-foundry/openai/quotas-limits, for the v3 models. */
export const azureLimits = { tokensOfAnInput: 8_191, inputs: 2_048, tokens: 300_000 } as const;

/**
 * Embeds through a deployment of Azure OpenAI. The model is known by the deployment's name.
 * A call with more texts than fit one request sends one after the other; if one fails, all fail.
 */
export function createAzureOpenAiProvider(
  options: AzureOpenAiOptions,
  resilienceOptions: ResilienceOptions,
): EmbeddingProvider {
  const resilience = createResilience('azure-openai', resilienceOptions);
  let loading: ReturnType<typeof createAzureOpenAiClient> | undefined;
  const client = () => {
    loading ??= createAzureOpenAiClient(options);
    return loading;
  };

  async function request(texts: readonly string[], signal: AbortSignal) {
    const { embeddings } = await client();
    const { data, response } = await embeddings
      .create(
        {
          model: options.deployment,
          input: [...texts],
          dimensions: embeddingDimensions,
          encoding_format: 'base64',
        },
        { signal },
      )
      .withResponse();
    return {
      answer: { vectors: vectorsOf(data, texts.length), tokens: data.usage.total_tokens },
      waitMs: requestedWaitMs(response.headers, Date.now()),
    };
  }

  return {
    model: options.deployment,
    dimensions: embeddingDimensions,
    async embed(texts, { signal } = {}) {
      refuseBlank(texts);
      const fitted = await Promise.all(
        texts.map((text) => fitTokens(text, azureLimits.tokensOfAnInput)),
      );
      const batches = packBatches(
        fitted.map(({ tokens }) => tokens),
        azureLimits,
      );
      const vectors: Float32Array[] = [];
      let tokens = 0;
      for (const batch of batches) {
        const inputs = batch.map((index) => fitted[index]?.text ?? '');
        const answer = await resilience.run((attempt) => request(inputs, attempt), signal);
        vectors.push(...answer.vectors);
        tokens += answer.tokens;
      }
      const cut = fitted.flatMap(({ cut }, index) => (cut ? [index] : []));
      return { vectors, tokens, cut };
    },
    status: resilience.status,
  };
}

type Answer = { data: readonly { index: number; embedding: string | number[] }[] };

/** In the order of the inputs. An answer that lacks anything is no answer, and is asked for again. */
function vectorsOf({ data }: Answer, count: number): Float32Array[] {
  const vectors = new Array<Float32Array | undefined>(count).fill(undefined);
  for (const { index, embedding } of data) vectors[index] = vectorOf(embedding);
  return vectors.slice(0, count).map((vector) => {
    if (vector?.length !== embeddingDimensions || !vector.every(Number.isFinite)) {
      throw new Error('the answer lacks a vector');
    }
    return vector;
  });
}

/** Little-endian float32 in base64, as asked for; numbers from gateways that do not know it. */
function vectorOf(embedding: string | number[]): Float32Array {
  if (typeof embedding !== 'string') return Float32Array.from(embedding);
  const bytes = Buffer.from(embedding, 'base64');
  return new Float32Array(new Uint8Array(bytes).buffer, 0, Math.floor(bytes.length / 4));
}
