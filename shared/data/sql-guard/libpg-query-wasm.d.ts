/** The WebAssembly module under `libpg-query`: the package's own entry cannot replace its instance. */
declare module 'libpg-query/wasm/libpg-query.js' {
  export type ParserModule = {
    /** Both take and give an address in the module's memory. */
    _malloc(bytes: number): number;
    _free(address: number): void;
    /** Address of `struct { char *tree; char *stderr; struct { char *message; … } *error; }`. */
    _wasm_parse_query_raw(sql: number): number;
    _wasm_free_parse_result(result: number): void;
    lengthBytesUTF8(text: string): number;
    stringToUTF8(text: string, address: number, bytes: number): void;
    UTF8ToString(address: number): string;
    getValue(address: number, type: 'i32'): number;
  };

  /** A fresh instance; reads `libpg-query.wasm` beside this file (beside the bundle, once bundled). */
  export default function createModule(): Promise<ParserModule>;
}
