import { bedrock } from '@ai-sdk/amazon-bedrock';

/** What the agent talks to. Credentials and region come from the environment, such as `AWS_REGION`. */
export const model = bedrock('global.anthropic.claude-sonnet-4-5-20250929-v1:0');
