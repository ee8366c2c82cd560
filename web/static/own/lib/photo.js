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

export const megabytes = (bytes) => Math.ceil(bytes / 1048576);
