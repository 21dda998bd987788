export type { AppConfig } from './server/config.js';
export { createApp } from './server/create-app.js';
