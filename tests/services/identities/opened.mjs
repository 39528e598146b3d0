// Opens what is kept of names, written from docs/adr/0038 alone: node opened.mjs < {key, box}
import { createDecipheriv, createHmac, hkdfSync } from "node:crypto";
import { readFileSync } from "node:fs";

const { key, box, match } = JSON.parse(readFileSync(0, "utf8"));
const [keyId, encoded] = key.split(":");
const master = Buffer.from(encoded, "base64url");
const derived = (purpose) => Buffer.from(hkdfSync("sha256", master, Buffer.alloc(0), `parcours identities ${purpose}`, 32));

function open(secret, bytes, about) {
  const decipher = createDecipheriv("aes-256-gcm", secret, bytes.subarray(0, 12));
  decipher.setAAD(Buffer.from(about.join("\n")));
  decipher.setAuthTag(bytes.subarray(-16));
  return Buffer.concat([decipher.update(bytes.subarray(12, -16)), decipher.final()]);
}

const of = [box.person_id, box.structure_id];
const rowKey = open(derived("wrap"), Buffer.from(box.wrapped_key, "hex"), ["parcours key 1", ...of, keyId]);
const text = open(rowKey, Buffer.from(box.sealed, "hex"), ["parcours names 1", ...of]);
const digest = createHmac("sha256", derived("match")).update(match.join("\n")).digest().subarray(0, 16);
console.log(JSON.stringify({
  names: JSON.parse(text), bytes: text.length, digest: digest.toString("hex"), fingerprint: derived("fingerprint").toString("hex"),
}));
