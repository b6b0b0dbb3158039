// Starts a worker's program: the page posts the addresses of its glue and of its module.
// A trap inside a task is a rejection, which a page is not told of; thrown anew it is an error, which it is.
self.onunhandledrejection = ({ reason }) => setTimeout(() => { throw reason; });
/** What the modules are, by their address; the build writes it. */
const INTEGRITY = {};
self.onmessage = async ({ data: [glue, module] }) => {
  const { default: init } = await import(glue);
  const integrity = INTEGRITY[module];
  await init({ module_or_path: integrity ? fetch(module, { integrity }) : module });
};
