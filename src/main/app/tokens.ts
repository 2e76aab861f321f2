import type { KeysSnapshot, TokenId } from '../../shared/domain/index.ts';
import { YinkeyError } from '../../shared/errors/index.ts';
import type { Port, SpawnHost } from '../../shared/hosts/index.ts';
import type { AgreedModulesRepository } from '../store/index.ts';

/** Stands in until src/main/pkcs11 has its service. */
export class TokenService {
  constructor(_options: { spawn: SpawnHost; ledger: AgreedModulesRepository }) {}
  snapshot(): KeysSnapshot {
    return { revision: 0, loading: false, keys: [], modules: [] };
  }
  async refresh(): Promise<KeysSnapshot> {
    return this.snapshot();
  }
  async examine(path: string) {
    return { path, name: path, sha256: '', known: false };
  }
  agree(_path: string, _sha256: string): Promise<KeysSnapshot> {
    return this.refresh();
  }
  forget(_path: string): Promise<KeysSnapshot> {
    return this.refresh();
  }
  async chain(_token: TokenId, _certificate: string): Promise<Uint8Array[]> {
    return [];
  }
  async sign(
    _token: TokenId,
    _request: unknown,
    _options: { pinPort: Port; onWaiting?: () => void; onResumed?: () => void },
  ): Promise<{ signature: Uint8Array; tokenMillis: number }> {
    throw new YinkeyError('token.none', {});
  }
  onChange(_listener: (snapshot: KeysSnapshot) => void): void {}
  async stop(): Promise<void> {}
}
