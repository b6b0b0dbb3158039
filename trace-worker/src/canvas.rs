//! The canvas that the page has handed over.

use trace_worker::Screen;
use wasm_bindgen::{Clamped, JsCast, JsValue};
use web_sys::{ImageData, OffscreenCanvas, OffscreenCanvasRenderingContext2d};

use crate::draw::Text;
use crate::palette::Palette;
use crate::pixmap::Pixmap;

/// It, and what it is drawn with.
pub(crate) struct Canvas {
    canvas: OffscreenCanvas,
    context: OffscreenCanvasRenderingContext2d,
}

impl Canvas {
    pub(crate) fn new(handle: JsValue) -> Option<Self> {
        let canvas: OffscreenCanvas = handle.dyn_into().ok()?;
        let context = canvas.get_context("2d").ok()??.dyn_into().ok()?;
        Some(Self { canvas, context })
    }

    /// Shows a picture with words over it.
    pub(crate) fn show(
        &self,
        map: &mut Pixmap,
        texts: &[Text],
        screen: &Screen,
        palette: &Palette,
    ) -> Result<(), JsValue> {
        if map.width == 0 || map.height == 0 {
            return Ok(());
        }
        if self.canvas.width() as usize != map.width || self.canvas.height() as usize != map.height {
            self.canvas.set_width(map.width as u32);
            self.canvas.set_height(map.height as u32);
        }
        let (width, height) = (map.width as u32, map.height as u32);
        let image = ImageData::new_with_u8_clamped_array_and_sh(Clamped(&map.bytes), width, height)?;
        self.context.put_image_data(&image, 0.0, 0.0)?;
        self.context.set_transform(screen.ratio, 0.0, 0.0, screen.ratio, 0.0, 0.0)?;
        self.context.set_text_baseline("middle");
        let (mut color, mut align, mut bold) = ("", "", None);
        for text in texts {
            if bold != Some(text.is_bold) {
                bold = Some(text.is_bold);
                self.context.set_font(&format!("{}11px {}", if text.is_bold { "600 " } else { "" }, screen.font));
            }
            if color != text.color {
                color = text.color;
                self.context.set_fill_style_str(palette.css(color));
            }
            if align != text.align {
                align = text.align;
                self.context.set_text_align(align);
            }
            self.context.fill_text(&text.words, text.x, text.y)?;
        }
        Ok(())
    }
}
