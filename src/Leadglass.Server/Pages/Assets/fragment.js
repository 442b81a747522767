// Markup that our own server rendered becomes part of the page only here, by the one policy that the page allows.
const policy = globalThis.trustedTypes?.createPolicy("leadglass", { createHTML: (markup) => markup });

export function fragment(markup) {
  const template = document.createElement("template");
  template.innerHTML = policy ? policy.createHTML(markup) : markup;
  return template.content;
}
