export { hostEnvironment } from './environment.ts';
export type { HostProcess, Port, SpawnHost } from './port.ts';
export {
  type ChildLike,
  hostPort,
  type MessagePortLike,
  portOfChild,
  portOfUtilityProcess,
  portPair,
  type UtilityProcessLike,
  wrapMessagePort,
} from './process-port.ts';
export { type CallContext, type CallOptions, type Handlers, RpcClient, serve } from './rpc.ts';
export { type HostCodes, HostSupervisor, type PrepareHost } from './supervisor.ts';
