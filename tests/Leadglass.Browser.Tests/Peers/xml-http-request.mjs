// The part of XMLHttpRequest that dicomweb-client uses, for node: it was written for browsers.
import https from 'node:https';

export function install(authority) {
  const agent = new https.Agent({ ca: authority, keepAlive: true });
  globalThis.XMLHttpRequest = class {
    readyState = 0;
    status = 0;
    responseType = '';
    response = null;
    #headers = {};

    open(method, url) {
      this.method = method;
      this.url = url;
    }

    setRequestHeader(name, value) {
      this.#headers[name] = value;
    }

    getResponseHeader(name) {
      return this.answer.headers[name.toLowerCase()] ?? null;
    }

    getAllResponseHeaders() {
      return Object.entries(this.answer.headers).map(([name, value]) => `${name}: ${value}\r\n`).join('');
    }

    send(body) {
      const request = https.request(this.url, { method: this.method, headers: this.#headers, agent }, answer => {
        const parts = [];
        answer.on('data', part => parts.push(part));
        answer.on('end', () => this.#finish(answer, Buffer.concat(parts)));
      });
      request.on('error', problem => this.#finish({ statusCode: 0, headers: {} }, Buffer.from(String(problem))));
      request.end(body ? Buffer.from(body) : undefined);
    }

    #finish(answer, bytes) {
      this.answer = answer;
      this.status = answer.statusCode;
      if (this.responseType === 'arraybuffer') {
        this.response = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length);
      } else if (this.responseType === 'json') {
        this.response = bytes.length ? JSON.parse(bytes.toString('utf8')) : null;
      } else {
        this.response = bytes.toString('utf8');
      }
      this.readyState = 4;
      this.onreadystatechange?.();
      this.onloadend?.();
    }
  };
}
