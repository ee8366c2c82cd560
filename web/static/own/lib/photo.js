// Photos before they leave the device: smaller, turned upright, without the place they were taken.

export const MAX_BYTES = 20 * 1024 * 1024;
const MAX_SIDE = 2560;

function measured(width, height) {
  const scale = Math.min(1, MAX_SIDE / Math.max(width, height));
  return [Math.round(width * scale), Math.round(height * scale)];
}

function draw(bitmap, width, height) {
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  const pen = canvas.getContext("2d");
  pen.fillStyle = "#fff";
  pen.fillRect(0, 0, width, height);
  pen.drawImage(bitmap, 0, 0, width, height);
  return new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.85));
}

/** A JPEG of at most 2560 px where the browser can read the file, else the file as it is. */
export async function shrink(file) {
  try {
    const bitmap = await createImageBitmap(file, { imageOrientation: "from-image" });
    const [width, height] = measured(bitmap.width, bitmap.height);
    const blob = await draw(bitmap, width, height);
    bitmap.close();
    return blob || file;
  } catch {
    return file; // HEIC in most browsers; the server says what it can do with it
  }
}

/** Whether these first bytes are a photo the server reads: JPEG, PNG, WebP, HEIC. */
export async function isPhoto(blob) {
  const bytes = new Uint8Array(await blob.slice(0, 12).arrayBuffer());
  const head = String.fromCharCode(...bytes);
  const heic = head.slice(4, 8) === "ftyp" && /^(hei|hev|mif|msf)/.test(head.slice(8));
  return head.startsWith("\xff\xd8\xff") || head.startsWith("\x89PNG") || /^RIFF....WEBP/s.test(head) || heic;
}

export const megabytes = (bytes) => Math.ceil(bytes / 1048576);
