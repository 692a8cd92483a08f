/** The servers that have a name of their own in `engine`. */
import type { ServerName } from '../types.ts';
import type { ServerDescription } from './description.ts';
import { LLAMA_SERVER, OLLAMA, TRITON } from './native-servers.ts';
import { SGLANG, TGI, VLLM } from './python-servers.ts';

export const SERVERS: Readonly<Record<ServerName, ServerDescription>> = {
  vllm: VLLM,
  sglang: SGLANG,
  tgi: TGI,
  'llama-server': LLAMA_SERVER,
  ollama: OLLAMA,
  triton: TRITON,
};
