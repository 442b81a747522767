// A secret that a link carries after its #, which browsers send to nobody, goes into a form and out of the address bar.
for (const form of document.querySelectorAll("form[data-fragment]")) {
  const secret = decodeURIComponent(location.hash.slice(1));
  if (!/^[\w-]{20,128}$/.test(secret)) continue;
  history.replaceState(null, "", location.pathname);
  const field = form.elements.namedItem(form.dataset.fragment);
  field.value = secret;
  field.closest(".field").hidden = true;
  if (!("fragmentStay" in form.dataset)) form.querySelector("button[type=submit]").focus();
}
