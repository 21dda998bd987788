/**
 * Under this, a store gives what it is made of to whatever works on whole sessions. It is no part of the API. Every copy of the
 * package knows it by the same name.
 */
export const inside: unique symbol = Symbol.for('@looopy-ai/aws/inside');
