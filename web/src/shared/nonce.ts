/**
 * The page's style nonce. Most of antd takes it from ConfigProvider; a few helpers
 * below it (scroll lock, measuring) make <style> elements of their own, so that every
 * style element made by script gets it here, before it enters the document.
 */
export const nonce = document.querySelector<HTMLMetaElement>('meta[name="csp-nonce"]')?.content || undefined;

if (nonce) {
  const create = document.createElement;
  document.createElement = function createElement(
    this: Document,
    name: string,
    options?: ElementCreationOptions,
  ) {
    const el = create.call(this, name, options);
    if (el instanceof HTMLStyleElement) el.nonce = nonce;
    return el;
  } as typeof document.createElement;
}
