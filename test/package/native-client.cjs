// Loaded before the runtime of Lambda, whose client in C++ nothing builds here. It asks for events by itself then.
require('node:module')._extensions['.node'] = (module) => {
  module.exports = { initializeUserAgent() {} };
};
