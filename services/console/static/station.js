// What belongs to this screen and not to who looks: its light, and whether it may sound.
// A room is silent unless somebody there says otherwise.

(() => {
  const AGAIN_MS = 10_000;
  let audio = null;
  let heard = "";
  let heardAt = 0;

  function lightUp() {
    const low = document.documentElement.dataset.light === "low";
    for (const button of document.querySelectorAll("[data-light]:not(html)")) {
      button.hidden = false;
      button.setAttribute("aria-pressed", String(low));
    }
  }

  function switchLight() {
    const root = document.documentElement;
    const low = root.dataset.light !== "low";
    if (low) root.dataset.light = "low";
    else delete root.dataset.light;
    localStorage.setItem("kap-light", low ? "low" : "");
    lightUp();
    document.dispatchEvent(new CustomEvent("kap:light"));
  }

  const sounds = () => localStorage.getItem("kap-sound") === "on";

  // A browser lets a page sound only after somebody has touched it.
  function saySound() {
    const waits = sounds() && audio?.state !== "running";
    for (const button of document.querySelectorAll("[data-sound]")) {
      button.hidden = false;
      button.setAttribute("aria-pressed", String(sounds()));
      button.querySelector("[data-sound-words]").textContent =
        waits ? "Press once to hear alerts" : sounds() ? "Alerts sound here" : "Silent here";
    }
  }

  async function switchSound() {
    const waits = sounds() && audio?.state !== "running";
    if (!waits) localStorage.setItem("kap-sound", sounds() ? "" : "on");
    if (sounds()) {
      audio ??= new AudioContext();
      await audio.resume();
    }
    saySound();
    ring();
  }

  function beep(at, hertz) {
    const [tone, volume] = [audio.createOscillator(), audio.createGain()];
    tone.frequency.value = hertz;
    volume.gain.setValueAtTime(0.2, at);
    volume.gain.exponentialRampToValueAtTime(0.001, at + 0.35);
    tone.connect(volume).connect(audio.destination);
    tone.start(at);
    tone.stop(at + 0.4);
  }

  // Two tones for a new alert, and again while nobody takes it on.
  function ring() {
    const open = [...document.querySelectorAll("[data-alert]")].map((one) => one.dataset.alert).sort().join();
    const isDue = open !== heard || performance.now() - heardAt > AGAIN_MS;
    if (!open || !isDue || !sounds() || audio?.state !== "running") return;
    [heard, heardAt] = [open, performance.now()];
    beep(audio.currentTime, 880);
    beep(audio.currentTime + 0.45, 660);
    document.documentElement.dataset.rang = open;
  }

  document.addEventListener("click", (event) => {
    if (event.target.closest("button[data-light]")) switchLight();
    if (event.target.closest("button[data-sound]")) switchSound();
  });
  document.addEventListener("htmx:after:swap", () => {
    lightUp();
    saySound();
    ring();
  });
  setInterval(ring, 2000);
  lightUp();
  saySound();
})();
