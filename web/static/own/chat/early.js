// Runs before anything is drawn: the type size and colours chosen on this device, and who has been here before.
import { apply, chosen } from "./looks.js";

apply(chosen());
