// Starts the engine: the page posts the address of the glue and the compiled module, and the same
// program runs here, sees that it is in a worker, and answers questions instead of drawing.
// A trap inside a task is a rejection, which a page is not told of; thrown anew it is an error, which it is.
self.onunhandledrejection = ({ reason }) => setTimeout(() => { throw reason; });
self.onmessage = async ({ data: [glue, module] }) => {
  const { default: init } = await import(glue);
  await init({ module_or_path: module });
};
