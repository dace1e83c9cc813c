// Azure's additions to the types of `openai`.
import type {} from '@azure/openai/types';
import type { AzureOpenAI } from 'openai';

export type AzureOpenAiOptions = Readonly<{
  /** `https://<resource>.openai.azure.com` */
  endpoint: string;
  /** A deployment of one model; another model needs another deployment: its name is the key. */
  deployment: string;
  apiVersion: string;
  /** Absent: tokens of the app's identity, which needs the role Cognitive Services OpenAI User. */
  apiKey?: string | undefined;
}>;

const tokenScope = 'https://cognitiveservices.azure.com/.default';

/** Loads the SDKs, which a process that never embeds does not need. */
export async function createAzureOpenAiClient(options: AzureOpenAiOptions): Promise<AzureOpenAI> {
  const { AzureOpenAI } = await import('openai');
  return new AzureOpenAI({
    baseURL: new URL('/openai', options.endpoint).href,
    deployment: options.deployment,
    apiVersion: options.apiVersion,
    ...(options.apiKey === undefined
      ? { azureADTokenProvider: await identityTokens() }
      : { apiKey: options.apiKey }),
    // Retries are the business of `resilience.ts`, and the SDK's debug log quotes what it sends.
    maxRetries: 0,
    logLevel: 'off',
    // Else read from the environment, where they are meant for other programs.
    organization: null,
    project: null,
  });
}

async function identityTokens(): Promise<() => Promise<string>> {
  const { DefaultAzureCredential, getBearerTokenProvider } = await import('@azure/identity');
  return getBearerTokenProvider(new DefaultAzureCredential(), tokenScope);
}
