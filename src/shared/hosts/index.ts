export { hostEnvironment } from './environment.ts';
export type { HostProcess, Port, SpawnHost } from './port.ts';
export {
  hostPort,
  type MessagePortLike,
  portOfChild,
  portOfUtilityProcess,
  portPair,
  type UtilityProcessLike,
  wrapMessagePort,
} from './process-port.ts';
export { type CallContext, type Handlers, RpcClient, serve } from './rpc.ts';
export { HostSupervisor } from './supervisor.ts';
