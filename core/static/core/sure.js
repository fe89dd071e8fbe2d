// The question before what cannot be taken back.

/**
 * Ask in the page's dialog and say whether the answer is yes; the focus goes back to where it was. `yes` is what the
 * button says on a page that asks about more than one thing.
 */
export async function isSure(question, yes = "") {
  const dialog = document.getElementById("sure");
  if (yes) dialog.querySelector("button[value=yes]").textContent = yes;
  document.getElementById("sure-question").textContent = question;
  dialog.returnValue = "no";
  dialog.showModal();
  await new Promise((resolve) => dialog.addEventListener("close", resolve, { once: true }));
  return dialog.returnValue === "yes";
}
