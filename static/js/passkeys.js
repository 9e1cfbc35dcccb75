/* Says in words why a passkey was not made or used; allauth's scripts tell it by an event. */
(() => {
  "use strict";

  const WORDS = {
    NotAllowedError: "Nothing happened: it was cancelled, or took too long. Try again when you are ready.",
    InvalidStateError: "This device or key is one of your passkeys already.",
    NotSupportedError: "This browser or device can't make such a passkey. Try another one.",
    SecurityError: "Passkeys don't work at this address. Open the site by its own address.",
  };
  const OTHERWISE = "The passkey did not work. Load the page anew and try once more.";

  document.addEventListener("allauth.error", (event) => {
    event.preventDefault();
    const trouble = document.getElementById("passkey-trouble");
    if (!trouble) return;
    trouble.hidden = false;
    trouble.querySelector("p").textContent = WORDS[event.detail.exception?.name] || OTHERWISE;
  });

  // Enter in the name's field would send the form without a passkey.
  const add = document.getElementById("mfa_webauthn_add");
  add?.form.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.target === add) return;
    event.preventDefault();
    add.click();
  });
})();
