/** Options that every command takes. */
export interface CommonOptions {
  json?: boolean;
  module?: string;
}
