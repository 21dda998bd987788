export { createSuperjsonSerializer, type SuperjsonSerializerOptions } from './superjson-serializer.js';
