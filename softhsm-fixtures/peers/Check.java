import java.io.File;
import java.io.FileInputStream;
import java.io.InputStream;
import java.security.MessageDigest;
import java.util.List;
import org.apache.pdfbox.pdmodel.PDDocument;
import org.apache.pdfbox.pdmodel.interactive.digitalsignature.PDSignature;
import org.apache.pdfbox.pdmodel.interactive.form.PDSignatureField;

/**
 * Apache PDFBox's opinion of files: for each of the arguments (path, password, path, password ...) one line with the
 * number of pages, and one for each signature: field, widgets, and the two ranges of its bytes.
 */
public class Check {
  public static void main(String[] args) throws Exception {
    for (int index = 0; index + 1 < args.length; index += 2) {
      try (PDDocument document = PDDocument.load(new File(args[index]), args[index + 1])) {
        System.out.println("file " + document.getNumberOfPages());
        for (PDSignatureField field : document.getSignatureFields()) {
          PDSignature signature = field.getSignature();
          if (signature == null) continue;
          int[] range = signature.getByteRange();
          try (InputStream in = new FileInputStream(args[index])) {
            byte[] contents = signature.getContents(in);
            System.out.println(
                "signature " + field.getFullyQualifiedName() + " " + field.getWidgets().size() + " "
                    + range[0] + " " + range[1] + " " + range[2] + " " + range[3] + " " + contents.length
                    + " " + signature.getSubFilter());
          }
        }
      } catch (Exception error) {
        System.out.println("broken " + error);
      }
    }
  }
}
