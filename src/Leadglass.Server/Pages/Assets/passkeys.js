// Passkeys: the browser asks the person, the archive checks the answer.
const available = window.PublicKeyCredential?.parseCreationOptionsFromJSON;

async function ask(box, path, body) {
  const headers = { "content-type": "application/json" };
  headers[box.dataset.header] = box.dataset.token;
  const answer = await fetch(path, { method: "POST", headers, body: JSON.stringify(body), redirect: "error" });
  if (!answer.ok) throw new Error(String(answer.status));
  return answer.json();
}

async function signIn(box) {
  const options = await ask(box, "/signin/passkey/options", {});
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options);
  const credential = await navigator.credentials.get({ publicKey });
  const done = await ask(box, "/signin/passkey", { credential: credential.toJSON(), return: box.dataset.return });
  location.assign(done.location);
}

async function register(box) {
  const password = box.querySelector("[name=passkey-password]").value;
  const options = await ask(box, "/account/passkeys/options", { password });
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options);
  const credential = await navigator.credentials.create({ publicKey });
  const name = box.querySelector("[name=passkey-name]").value;
  await ask(box, "/account/passkeys", { credential: credential.toJSON(), name });
  location.reload();
}

for (const box of document.querySelectorAll("[data-passkey]")) {
  if (!available) continue;
  box.hidden = false;
  const fault = box.querySelector(".fault[role=alert]");
  const work = box.dataset.passkey === "signin" ? signIn : register;
  const button = box.querySelector("button");
  button.addEventListener("click", async () => {
    fault.hidden = true;
    button.disabled = true;
    try {
      await work(box);
    } catch {
      fault.hidden = false;
    } finally {
      button.disabled = false;
    }
  });
}
