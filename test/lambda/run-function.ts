/** A process of Lambda: runs the handler in the file that it is given, with events from AWS_LAMBDA_RUNTIME_API. */
import { pathToFileURL } from 'node:url';
import { awslambda, runFunction } from './runtime.js';

const { AWS_LAMBDA_RUNTIME_API = '' } = process.env;
const [, , file = ''] = process.argv;
Object.assign(globalThis, { awslambda });
try {
  const { handler } = await import(pathToFileURL(file).href);
  await runFunction(AWS_LAMBDA_RUNTIME_API, handler);
} catch (error) {
  const { name, message } = Object(error);
  await fetch(`http://${AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime/init/error`, {
    method: 'POST',
    headers: { 'Lambda-Runtime-Function-Error-Type': name },
    body: JSON.stringify({ errorType: name, errorMessage: message }),
  });
  process.exitCode = 1;
}
