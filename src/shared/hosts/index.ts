export type { HostProcess, Port, SpawnHost } from './port.ts';
export { type CallContext, type CallOptions, type Handlers, RpcClient, serve } from './rpc.ts';
export { type HostCodes, HostSupervisor } from './supervisor.ts';
