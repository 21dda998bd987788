import { BedrockModel } from '@strands-agents/sdk';

/** What the agent talks to. Credentials and region come from the environment, such as `AWS_REGION`. */
export const model = new BedrockModel({ modelId: 'global.anthropic.claude-sonnet-4-5-20250929-v1:0' });
