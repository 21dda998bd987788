export { createLambdaHandler, type LambdaHandler } from './create-lambda-handler.js';
export type { LambdaConfig } from './lambda-config.js';
