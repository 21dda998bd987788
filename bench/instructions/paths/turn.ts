import { connectInProcess } from '../in-process-server.js';

export const ours = () => connectInProcess('ours');

export const nodeHttp = () => connectInProcess('node:http');

export const withTelemetry = () => connectInProcess('telemetry');
