/** A process that does with pkcs11js what it is told: a message names a method, the answer is its result. */
import pkcs11js from 'pkcs11js';

const p11 = new pkcs11js.PKCS11();
const methods = p11 as unknown as Record<string, (...args: unknown[]) => unknown>;

process.on('message', async ({ id, method, args }: { id: number; method: string; args: unknown[] }) => {
  try {
    process.send!({ id, value: await methods[method]!.apply(p11, args) });
  } catch (error) {
    process.send!({ id, error: error instanceof Error ? error.message : String(error) });
  }
});
process.on('disconnect', () => process.exit(0));
