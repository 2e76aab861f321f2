// One renewal in a process of its own, which kills itself when the journal reaches a certain step: forked by
// renewal-matrix.ts. The parent pays when it is told the order.
import { type ClientFacts, startClient } from './renewal-client.ts';

process.once('message', (message) => {
  void run(message as { facts: ClientFacts; sha256: string; step: number });
});

async function run({ facts, sha256, step }: { facts: ClientFacts; sha256: string; step: number }) {
  let count = -1;
  const client = await startClient(facts, {
    atStep: () => {
      count += 1;
      if (count === step) process.kill(process.pid, 'SIGKILL');
    },
  });
  await client.tokens.refresh();
  const started = await client.renewals.start(facts.token, sha256, { authority: facts.authority });
  const { id } = await client.renewals.confirm(started.id, 1);
  const paid = new Promise((resolve) => process.once('message', resolve));
  process.send?.({ order: client.renewals.orderOf(id)?.id });
  await paid;
  await client.renewals.resumeAll();
  const { state } = await client.renewals.go(id, { pinPort: client.pinPort });
  await client.close();
  process.exit(state === 'done' ? 0 : 1);
}
